# Golden numbers for NHANES 2011-2014: every model of the grid, every prevalence, Table 1.
#
# usage: Rscript tests/golden/fit_2011_2014.R <folder with CDC layout> <out dir>
#   <folder with CDC layout> holds Nchs/Data/Nhanes/Public/<begin year>/DataFiles/<TABLE>.xpt
# needs: r-cran-survey and r-cran-foreign (Debian). Not needed to run the tests.
#
# Independent of the Python package: it reads CDC's transport files itself and derives every variable by the words of
# the analysis plan. It writes estimates over people only, never a person's value, with 17 significant digits.

suppressPackageStartupMessages({
  library(foreign)
  library(survey)
})
options(survey.lonely.psu = "fail", warn = 1)
args <- commandArgs(TRUE)
if (length(args) != 2) stop("usage: Rscript fit_2011_2014.R <folder with CDC layout> <out dir>")
EXACT <- list(epsilon = 1e-14, maxit = 100)

# ---------------------------------------------------------------------------------------------------- source files
read_table <- function(table, begin_year) {
  path <- file.path(args[1], "Nchs/Data/Nhanes/Public", begin_year, "DataFiles", paste0(table, ".xpt"))
  frame <- read.xport(path)
  names(frame) <- toupper(names(frame))
  frame
}

read_cycle <- function(letter, begin_year, b12_column) {
  people <- read_table(paste0("DEMO_", letter), begin_year)
  columns <- c("SEQN", "RIAGENDR", "RIDAGEYR", "RIDRETH1", "DMDEDUC2", "INDFMPIR", "SDMVPSU", "SDMVSTRA", "WTMEC2YR")
  people <- people[columns]
  add <- function(people, table, columns) {
    merge(people, read_table(paste0(table, "_", letter), begin_year)[c("SEQN", columns)], by = "SEQN", all.x = TRUE)
  }
  people <- add(people, "VITB12", c("LBDB12SI", b12_column))
  people <- add(people, "MMA", "LBXMMASI")
  people <- add(people, "MGX", paste0("MGXH", rep(1:2, each = 3), "T", 1:3))
  people <- add(people, "BMX", c("BMXHT", "BMXBMI"))
  people <- add(people, "BIOPRO", "LBXSCR")
  people <- add(people, "CBC", c("LBXHGB", "LBXMCVSI"))
  people <- add(people, "DIQ", "DIQ010")
  people <- add(people, "SMQ", c("SMQ020", "SMQ040"))
  people <- add(people, "PFQ", "PFQ061I")
  rx <- read_table(paste0("RXQ_RX_", letter), begin_year)
  people$RX_ANSWERED <- people$SEQN %in% rx$SEQN[rx$RXDUSE %in% c(1, 2)]
  people$RX_B12 <- people$SEQN %in% rx$SEQN[rx$RXDDRGID == "d00413"]
  names(people)[names(people) == b12_column] <- "B12_PG_ML"
  people$cycle <- begin_year
  people
}

raw <- rbind(read_cycle("G", 2011, "LBXB12"), read_cycle("H", 2013, "LBDB12"))

# ------------------------------------------------------------------------------------ variables, by the plan's words
code <- function(x, ...) { # value of each code; every other code is missing
  map <- c(...)
  unname(map[match(as.character(x), names(map))])
}
lacks <- function(x, y) ifelse(is.na(x), NA, y)

d <- data.frame(
  cycle = factor(raw$cycle), stratum = raw$SDMVSTRA, psu = raw$SDMVPSU, weight = raw$WTMEC2YR / 2,
  age = raw$RIDAGEYR
)
male <- raw$RIAGENDR == 1
d$sex <- factor(ifelse(male, "male", "female"), c("male", "female"))
d$race <- factor(
  code(raw$RIDRETH1, "1" = "hispanic", "2" = "hispanic", "3" = "nh_white", "4" = "nh_black", "5" = "other"),
  c("nh_white", "nh_black", "hispanic", "other")
)
d$education <- factor(
  code(raw$DMDEDUC2, "1" = "lt_high_school", "2" = "lt_high_school", "3" = "high_school",
       "4" = "gt_high_school", "5" = "gt_high_school"),
  c("gt_high_school", "lt_high_school", "high_school")
)
d$pir <- raw$INDFMPIR
d$height_cm <- raw$BMXHT
d$bmi <- raw$BMXBMI
d$smoking <- factor(
  ifelse(raw$SMQ020 %in% 2, "never",
    ifelse(raw$SMQ020 %in% 1, code(raw$SMQ040, "1" = "current", "2" = "current", "3" = "former"), NA)),
  c("never", "former", "current")
)
d$diabetes <- code(raw$DIQ010, "1" = 1, "2" = 0, "3" = 0)
kappa <- ifelse(male, 0.9, 0.7)
alpha <- ifelse(male, -0.302, -0.241)
d$egfr <- 142 * pmin(raw$LBXSCR / kappa, 1)^alpha * pmax(raw$LBXSCR / kappa, 1)^-1.2 * 0.9938^d$age *
  ifelse(male, 1, 1.012)
d$haemoglobin_g_dl <- raw$LBXHGB
d$mcv <- raw$LBXMCVSI

b12 <- raw$LBDB12SI
mma <- raw$LBXMMASI
d$serum_b12_pmol_l <- b12
d$mma_nmol_l <- mma
treated <- ifelse(raw$RX_B12, TRUE, ifelse(raw$RX_ANSWERED, FALSE, NA))
d$b12_low_148 <- as.numeric(b12 < 148)
d$b12_low_equiv <- as.numeric(b12 < 174.26)
d$b12_status <- factor(
  ifelse(b12 < 148, "deficient", ifelse(b12 < 221, "marginal", ifelse(treated, "treated", "adequate"))),
  c("adequate", "deficient", "marginal", "treated")
)
d$log2_b12 <- log2(b12)
d$mma_high_271 <- as.numeric(mma > 271)
d$log2_mma <- log2(mma)
d$b12_functional <- as.numeric(b12 < 221 & mma > 271) # R's & is three-valued

readings <- as.matrix(raw[paste0("MGXH", rep(1:2, each = 3), "T", 1:3)])
readings[is.na(readings)] <- -Inf
best <- apply(readings, 1, max)
d$grip_max_kg <- ifelse(best >= 1, best, NA) # 0 is no reading
below <- function(x, men, women) as.numeric(x < ifelse(male, men, women))
d$low_grip_ewgsop2 <- below(d$grip_max_kg, 27, 16)
d$low_grip_fnih <- below(d$grip_max_kg, 26, 16)
d$low_grip_awgs2019 <- below(d$grip_max_kg, 28, 18)
d$low_grip_ewgsop2010 <- below(d$grip_max_kg, 30, 20)
d$low_grip_sdoc <- below(d$grip_max_kg, 35.5, 20)
d$chair_rise_difficulty <- code(raw$PFQ061I, "1" = 0, "2" = 1, "3" = 1, "4" = 1)
d$anaemia_who <- below(d$haemoglobin_g_dl, 13, 12)
d$macrocytosis <- as.numeric(d$mcv > 100)

d$in_domain <- d$age >= 65 & d$weight > 0
zscore <- function(x) { # over the people of the domain in whom the marker is known
  people <- subset(svydesign(id = ~psu, strata = ~stratum, weights = ~weight, nest = TRUE, data = cbind(d, x)),
                   in_domain & !is.na(x))
  (x - coef(svymean(~x, people))) / sqrt(as.numeric(svyvar(~x, people)))
}
d$b12_index <- (zscore(log(b12)) + zscore(-log(mma))) / 2

design <- svydesign(id = ~psu, strata = ~stratum, weights = ~weight, nest = TRUE, data = d)

write_golden <- function(rows, name) {
  table <- do.call(rbind, rows)
  numbers <- vapply(table, is.numeric, TRUE)
  table[numbers] <- lapply(table[numbers], function(x) ifelse(is.na(x), "", sprintf("%.17g", x)))
  write.csv(table, file.path(args[2], name), row.names = FALSE, quote = TRUE, na = "")
}

# ------------------------------------------------------------------------------------------------- the grid of models
DEMOGRAPHIC <- c("age", "sex", "race", "cycle")
SOCIOECONOMIC <- c(DEMOGRAPHIC, "education", "pir")
SETS <- list(
  crude = character(), demographic = DEMOGRAPHIC, socioeconomic = SOCIOECONOMIC,
  clinical = c(SOCIOECONOMIC, "height_cm", "bmi", "smoking", "diabetes", "egfr")
)
EXPOSURES <- c("b12_low_148", "b12_status", "log2_b12", "b12_low_equiv", "mma_high_271", "log2_mma", "b12_functional",
               "b12_index")
CONTRAST <- c(log2_b12 = -1, b12_index = -1) # per halving; per 1 lower. Otherwise +1
CONTINUOUS <- c("grip_max_kg", "height_cm")
BINARY <- c("low_grip_ewgsop2", "low_grip_fnih", "low_grip_awgs2019", "low_grip_ewgsop2010", "low_grip_sdoc",
            "chair_rise_difficulty", "anaemia_who", "macrocytosis")
FAMILIES <- list(linear = gaussian(), logistic = quasibinomial(), poisson = quasipoisson())

known_in <- function(columns) subset(design, in_domain & complete.cases(d[columns]))

# A level of the exposure that fewer than 10 people have is set apart, not compared (models.min_level_n).
without_small_levels <- function(sample, exposure) {
  if (!is.factor(d[[exposure]])) return(sample)
  large <- names(which(table(sample$variables[[exposure]]) >= 10))
  sample <- subset(sample, sample$variables[[exposure]] %in% large)
  sample$variables[[exposure]] <- droplevels(sample$variables[[exposure]])
  sample
}

# svyglm takes its standard errors at the fitted values before the last step; fitting again from the solution takes
# them at the solution (with epsilon 1e-14 alone they are up to 1e-7 away from it).
fit_exactly <- function(formula, sample, family) {
  first <- svyglm(formula, design = sample, family = family, control = EXACT)
  if (family$family == "gaussian") return(first)
  # svyglm looks its arguments up in its own frame: the start goes in by value.
  eval(bquote(svyglm(formula, design = sample, family = family, control = EXACT, start = .(unname(coef(first))))))
}

fit_one <- function(outcome, exposure, set, estimator) {
  covariates <- setdiff(SETS[[set]], outcome)
  sample <- without_small_levels(known_in(c(outcome, exposure, covariates)), exposure)
  formula <- reformulate(c(exposure, covariates), outcome)
  columns <- colnames(model.matrix(formula, sample$variables))
  terms <- columns[startsWith(columns, exposure)]
  level <- substring(terms, nchar(exposure) + 1)
  sign <- if (exposure %in% names(CONTRAST)) CONTRAST[[exposure]] else 1
  y <- sample$variables[[outcome]]
  fitted <- fit_exactly(formula, sample, FAMILIES[[estimator]])
  if (!fitted$converged) stop(paste("not converged:", outcome, exposure, set, estimator))
  data.frame(
    outcome = outcome, exposure = exposure, term = ifelse(level == "", exposure, paste0(exposure, "[", level, "]")),
    adjustment = set, estimator = estimator, n = nrow(sample),
    events = if (outcome %in% BINARY) sum(y) else NA,
    n_psu = nrow(unique(sample$variables[c("stratum", "psu")])), n_strata = length(unique(sample$variables$stratum)),
    df = degf(sample) + 1 - length(columns),
    coef = sign * unname(coef(fitted)[terms]), se = unname(sqrt(diag(vcov(fitted)))[terms]),
    df_residual = fitted$df.residual
  )
}

rows <- list()
for (outcome in c(CONTINUOUS, BINARY)) {
  for (estimator in if (outcome %in% CONTINUOUS) "linear" else c("poisson", "logistic")) {
    for (exposure in EXPOSURES) {
      for (set in names(SETS)) rows[[length(rows) + 1]] <- fit_one(outcome, exposure, set, estimator)
    }
  }
}
write_golden(rows, "fit_2011_2014.csv")

# ---------------------------------------------------------------------------- proportions by the NCHS rule, by hand
t_quantile <- function(df) if (df < 1) NA else qt(0.975, df)

nchs_proportion <- function(sample, event) {
  n <- nrow(sample)
  mean_of_event <- svymean(~.event, update(sample, .event = as.numeric(event)))
  p <- as.numeric(coef(mean_of_event))
  se <- as.numeric(SE(mean_of_event))
  df <- degf(sample)
  none_or_all <- sum(event) %in% c(0, n)
  if (none_or_all) se <- 0
  n_eff <- if (none_or_all) n else min(n, p * (1 - p) / se^2)
  n_star <- if (df < 1) NA else min(n, n_eff * (t_quantile(n - 1) / t_quantile(df))^2)
  low <- if (is.na(n_star)) NA else if (sum(event) == 0) 0 else qbeta(0.025, n_star * p, n_star * (1 - p) + 1)
  high <- if (is.na(n_star)) NA else if (sum(event) == n) 1 else qbeta(0.975, n_star * p + 1, n_star * (1 - p))
  width <- high - low
  flag <- if (is.na(width) || n < 30 || n_eff < 30 || width >= 0.30 || (width > 0.05 && p > 0 && width / p > 1.30)) {
    "suppressed"
  } else if (df < 8 || none_or_all) {
    "review"
  } else if (width > 0.05 && width / (1 - p) > 1.30) {
    "complement"
  } else {
    ""
  }
  data.frame(n = n, events = sum(event), estimate = p, se = se, df = df, conf_low = low, conf_high = high,
             n_eff = n_eff, flag = flag)
}

everybody <- rep(TRUE, nrow(d))
SUBGROUPS <- list(
  "all" = everybody, "sex=male" = male, "sex=female" = !male,
  "age_band=from_65_to_74" = d$age >= 65 & d$age < 75, "age_band=from_75" = d$age >= 75
)
rows <- list()
for (name in c(setdiff(EXPOSURES, c("log2_b12", "log2_mma", "b12_index")), BINARY)) {
  levels_of <- if (is.factor(d[[name]])) levels(d[[name]]) else ""
  for (level in levels_of) {
    for (subgroup in names(SUBGROUPS)) {
      kept <- d$in_domain & !is.na(d[[name]]) & SUBGROUPS[[subgroup]]
      event <- if (level == "") d[[name]][kept] == 1 else d[[name]][kept] == level
      term <- if (level == "") name else paste0(name, "[", level, "]")
      numbers <- nchs_proportion(subset(design, kept), event)
      beta <- if (numbers$events > 0) {
        attr(svyciprop(~.event, update(subset(design, kept), .event = as.numeric(event)), method = "beta"), "ci")
      } else {
        c(NA, NA)
      }
      rows[[length(rows) + 1]] <- data.frame(
        variable = term, subgroup = subgroup, numbers, svyciprop_low = beta[[1]], svyciprop_high = beta[[2]]
      )
    }
  }
}
write_golden(rows, "prevalence_2011_2014.csv")

# --------------------------------------------------------------------------------------------- Table 1 by B12 status
ROWS <- c(
  age_years = "age", sex = "sex", race_ethnicity = "race", education = "education", income_poverty_ratio = "pir",
  height_cm = "height_cm", bmi_kg_m2 = "bmi", smoking = "smoking", diabetes = "diabetes", egfr_ckd_epi_2021 = "egfr",
  serum_b12_pmol_l = "serum_b12_pmol_l", mma_nmol_l = "mma_nmol_l", mma_high_271 = "mma_high_271",
  grip_max_kg = "grip_max_kg", low_grip_ewgsop2 = "low_grip_ewgsop2", chair_rise_difficulty = "chair_rise_difficulty",
  haemoglobin_g_dl = "haemoglobin_g_dl", anaemia_who = "anaemia_who", macrocytosis = "macrocytosis"
)
DISCRETE <- c("sex", "race", "education", "smoking", "diabetes", "mma_high_271", "low_grip_ewgsop2",
              "chair_rise_difficulty", "anaemia_who", "macrocytosis")

# Absolute standardised difference of two groups: Austin 2009 (mean), Yang and Dalton 2012 (categories).
standardised_difference <- function(x, w, first, discrete) {
  if (!discrete) {
    by_group <- lapply(list(first, !first), function(g) {
      m <- sum(w[g] * x[g]) / sum(w[g])
      c(m, sum(w[g] * (x[g] - m)^2) / sum(w[g]) * sum(g) / (sum(g) - 1))
    })
    return(abs(by_group[[1]][1] - by_group[[2]][1]) / sqrt((by_group[[1]][2] + by_group[[2]][2]) / 2))
  }
  levels_of <- sort(unique(as.character(x)))
  share <- function(g) vapply(levels_of, function(l) sum(w[g & x == l]) / sum(w[g]), 0)
  p <- share(first)[-1]
  q <- share(!first)[-1]
  spread <- ((diag(p, length(p)) - p %o% p) + (diag(q, length(q)) - q %o% q)) / 2
  sqrt(as.numeric(t(p - q) %*% solve(spread) %*% (p - q)))
}

survey_mean <- function(part) {
  fitted <- svymean(~.x, part)
  m <- as.numeric(coef(fitted))
  se <- as.numeric(SE(fitted))
  half <- t_quantile(degf(part)) * se
  doubtful <- nrow(part) < 30 || se > 0.3 * abs(m) || degf(part) < 1
  data.frame(n = nrow(part), events = NA, estimate = m, se = se, df = degf(part), conf_low = m - half,
             conf_high = m + half, n_eff = NA, flag = if (doubtful) "review" else "")
}

droplevels_if <- function(x) if (is.factor(x)) droplevels(x) else x
groups <- c("all", levels(d$b12_status))
rows <- list()
for (variable in names(ROWS)) {
  column <- ROWS[[variable]]
  discrete <- column %in% DISCRETE
  known <- d$in_domain & !is.na(d$b12_status) & !is.na(d[[column]])
  large <- names(which(table(d$b12_status[known]) >= 30)) # a group of fewer is described, not compared
  compared <- known & d$b12_status %in% large
  sample <- update(subset(design, compared), .x = droplevels_if(d[[column]][compared]),
                   b12_status = droplevels(d$b12_status[compared]))
  p_value <- if (discrete) {
    svychisq(~.x + b12_status, sample, statistic = "F")$p.value
  } else {
    regTermTest(svyglm(.x ~ b12_status, sample), ~b12_status, method = "Wald")$p
  }
  levels_of <- if (is.factor(d[[column]])) levels(d[[column]]) else ""
  for (group in groups) {
    kept <- known & (group == "all" | d$b12_status %in% group)
    part <- update(subset(design, kept), .x = d[[column]][kept])
    smd <- NA
    if (group %in% setdiff(large, "adequate")) {
      pair <- known & d$b12_status %in% c(group, "adequate")
      smd <- standardised_difference(d[[column]][pair], d$weight[pair], d$b12_status[pair] == group, discrete)
    }
    for (level in levels_of) {
      numbers <- if (discrete) {
        nchs_proportion(part, d[[column]][kept] == (if (level == "") 1 else level))
      } else {
        survey_mean(part)
      }
      rows[[length(rows) + 1]] <- data.frame(
        variable = variable, level = level, group = group, numbers, n_weighted = sum(d$weight[kept]), smd = smd,
        p_value = as.numeric(p_value)
      )
    }
  }
}
write_golden(rows, "table1_2011_2014.csv")
