# Golden numbers for NHANES 2011-2014: every model of the grid, every prevalence, Table 1.
#
# usage: Rscript tests/golden/fit_2011_2014.R <folder with CDC layout> <out dir>
#   <folder with CDC layout> holds Nchs/Data/Nhanes/Public/<begin year>/DataFiles/<TABLE>.xpt
# needs: r-cran-survey and r-cran-foreign (Debian). Not needed to run the tests.
#
# Independent of the Python package: it reads CDC's transport files itself and derives every variable by the words of
# the analysis plan. It writes estimates over people only, never a person's value, with 17 significant digits.

script <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
source(file.path(dirname(script), "common.R"))
args <- commandArgs(TRUE)
if (length(args) != 2) stop("usage: Rscript fit_2011_2014.R <folder with CDC layout> <out dir>")
out <- function(name) file.path(args[2], name)

read_cycle <- function(letter, begin_year, b12_column) {
  people <- read_table(args[1], paste0("DEMO_", letter), begin_year)
  columns <- c("SEQN", "RIAGENDR", "RIDAGEYR", "RIDRETH1", "DMDEDUC2", "INDFMPIR", "SDMVPSU", "SDMVSTRA", "WTMEC2YR")
  people <- people[columns]
  add <- function(people, table, columns) {
    merge(people, read_table(args[1], paste0(table, "_", letter), begin_year)[c("SEQN", columns)], by = "SEQN",
          all.x = TRUE)
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
  rx <- read_table(args[1], paste0("RXQ_RX_", letter), begin_year)
  people$RX_ANSWERED <- people$SEQN %in% rx$SEQN[rx$RXDUSE %in% c(1, 2)]
  people$RX_B12 <- people$SEQN %in% rx$SEQN[rx$RXDDRGID == "d00413"]
  names(people)[names(people) == b12_column] <- "B12_PG_ML"
  people$cycle <- begin_year
  people
}

raw <- rbind(read_cycle("G", 2011, "LBXB12"), read_cycle("H", 2013, "LBDB12"))

# ------------------------------------------------------------------------------------ variables, by the plan's words
d <- data.frame(
  cycle = factor(raw$cycle), stratum = raw$SDMVSTRA, psu = raw$SDMVPSU, weight = raw$WTMEC2YR / 2,
  age = raw$RIDAGEYR
)
male <- raw$RIAGENDR == 1
d$sex <- factor(ifelse(male, "male", "female"), c("male", "female"))
d$race <- race_of(raw$RIDRETH1)
d$education <- education_of(raw$DMDEDUC2)
d$pir <- raw$INDFMPIR
d$height_cm <- raw$BMXHT
d$bmi <- raw$BMXBMI
d$smoking <- smoking_of(raw$SMQ020, raw$SMQ040)
d$diabetes <- code(raw$DIQ010, "1" = 1, "2" = 0, "3" = 0)
d$egfr <- ckd_epi_2021(raw$LBXSCR, d$age, male)
d$haemoglobin_g_dl <- raw$LBXHGB
d$mcv <- raw$LBXMCVSI

b12 <- raw$LBDB12SI
mma <- raw$LBXMMASI
d$serum_b12_pmol_l <- b12
d$mma_nmol_l <- mma
treated <- ifelse(raw$RX_B12, TRUE, ifelse(raw$RX_ANSWERED, FALSE, NA))
d$b12_low_148 <- as.numeric(b12 < 148)
d$b12_low_equiv <- as.numeric(b12 < 174.26)
d$b12_status <- b12_status_of(b12, treated)
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
unstandardised <- whole_design(d)
d$b12_index <- (zscore(unstandardised, log(b12)) + zscore(unstandardised, -log(mma))) / 2
design <- whole_design(d)
design_of <- function(outcome) design

# ------------------------------------------------------------------------------------------------- the grid of models
EXPOSURES <- c("b12_low_148", "b12_status", "log2_b12", "b12_low_equiv", "mma_high_271", "log2_mma", "b12_functional",
               "b12_index")
CONTINUOUS <- c("grip_max_kg", "height_cm", "log2_mma")
BINARY <- c("low_grip_ewgsop2", "low_grip_fnih", "low_grip_awgs2019", "low_grip_ewgsop2010", "low_grip_sdoc",
            "chair_rise_difficulty", "anaemia_who", "macrocytosis")
write_golden(fit_grid(design_of, c(CONTINUOUS, BINARY), EXPOSURES), out("fit_2011_2014.csv"))

# ------------------------------------------------------------------------------------------------------ prevalences
DISCRETE_EXPOSURES <- setdiff(EXPOSURES, c("log2_b12", "log2_mma", "b12_index"))
write_golden(prevalences(design_of, c(DISCRETE_EXPOSURES, BINARY)), out("prevalence_2011_2014.csv"))

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
write_golden(rows, out("table1_2011_2014.csv"))
