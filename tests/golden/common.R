# What the golden scripts share: reading CDC's transport files, the models, the proportions. Sourced, never run.
#
# Each script makes a data frame of people (with stratum, psu, weight, cycle, in_domain) by the words of the analysis
# plan, and hands a survey design of all of them to fit_grid() and prevalences().

suppressPackageStartupMessages({
  library(foreign)
  library(survey)
})
options(survey.lonely.psu = "fail", warn = 1)
EXACT <- list(epsilon = 1e-14, maxit = 100)

# ---------------------------------------------------------------------------------------------------- source files
read_table <- function(folder, table, begin_year) {
  frame <- read.xport(file.path(folder, "Nchs/Data/Nhanes/Public", begin_year, "DataFiles", paste0(table, ".xpt")))
  names(frame) <- toupper(names(frame))
  frame
}

# Numbers with 17 significant digits, missing as nothing.
write_golden <- function(rows, path) {
  table <- do.call(rbind, rows)
  numbers <- vapply(table, is.numeric, TRUE)
  table[numbers] <- lapply(table[numbers], function(x) ifelse(is.na(x), "", sprintf("%.17g", x)))
  write.csv(table, path, row.names = FALSE, quote = TRUE, na = "")
}

# ------------------------------------------------------------------------------------------------------- variables
code <- function(x, ...) { # value of each code; every other code is missing
  map <- c(...)
  unname(map[match(as.character(x), names(map))])
}

race_of <- function(ridreth1) {
  factor(
    code(ridreth1, "1" = "hispanic", "2" = "hispanic", "3" = "nh_white", "4" = "nh_black", "5" = "other"),
    c("nh_white", "nh_black", "hispanic", "other")
  )
}
education_of <- function(dmdeduc2) {
  factor(
    code(dmdeduc2, "1" = "lt_high_school", "2" = "lt_high_school", "3" = "high_school",
         "4" = "gt_high_school", "5" = "gt_high_school"),
    c("gt_high_school", "lt_high_school", "high_school")
  )
}
smoking_of <- function(smq020, smq040) {
  factor(
    ifelse(smq020 %in% 2, "never",
      ifelse(smq020 %in% 1, code(smq040, "1" = "current", "2" = "current", "3" = "former"), NA)),
    c("never", "former", "current")
  )
}
ckd_epi_2021 <- function(creatinine, age, male) {
  kappa <- ifelse(male, 0.9, 0.7)
  alpha <- ifelse(male, -0.302, -0.241)
  142 * pmin(creatinine / kappa, 1)^alpha * pmax(creatinine / kappa, 1)^-1.2 * 0.9938^age * ifelse(male, 1, 1.012)
}
b12_status_of <- function(b12, treated) {
  factor(
    ifelse(b12 < 148, "deficient", ifelse(b12 < 221, "marginal", ifelse(treated, "treated", "adequate"))),
    c("adequate", "deficient", "marginal", "treated")
  )
}

whole_design <- function(d, weight = "weight") {
  d$.weight <- d[[weight]]
  svydesign(id = ~psu, strata = ~stratum, weights = ~.weight, nest = TRUE, data = d)
}

zscore <- function(design, x) { # over the people of the domain in whom the marker is known
  people <- subset(update(design, .x = x), in_domain & !is.na(.x))
  (x - coef(svymean(~.x, people))) / sqrt(as.numeric(svyvar(~.x, people)))
}

# ------------------------------------------------------------------------------------------------- the grid of models
DEMOGRAPHIC <- c("age", "sex", "race", "cycle")
SOCIOECONOMIC <- c(DEMOGRAPHIC, "education", "pir")
SETS <- list(
  crude = character(), demographic = DEMOGRAPHIC, socioeconomic = SOCIOECONOMIC,
  clinical = c(SOCIOECONOMIC, "height_cm", "bmi", "smoking", "diabetes", "egfr")
)
CONTRAST <- c(log2_b12 = -1, b12_index = -1) # per halving; per 1 lower. Otherwise +1
FAMILIES <- list(linear = gaussian(), logistic = quasibinomial(), poisson = quasipoisson())
MIN_LEVEL_N <- 10
# An outcome made of the same measurement as the exposure tells nothing.
SAME_MARKER <- list(log2_mma = c("mma_high_271", "log2_mma", "b12_functional", "b12_index"),
                    log2_hcy = c("hcy_high_15", "log2_hcy", "b12_index"))

is_binary <- function(x) !is.factor(x) && all(x %in% c(0, 1, NA))

known_in <- function(design, columns) {
  d <- design$variables
  subset(design, d$in_domain & d$.weight > 0 & complete.cases(d[columns]))
}

# A level of the exposure that fewer than 10 people have is set apart, not compared (models.min_level_n).
# NULL: fewer than two levels are left.
without_small_levels <- function(sample, exposure) {
  x <- sample$variables[[exposure]]
  if (is_binary(x)) return(if (min(sum(x), sum(1 - x)) < MIN_LEVEL_N) NULL else sample)
  if (!is.factor(x)) return(sample)
  large <- names(which(table(x) >= MIN_LEVEL_N))
  if (length(large) < 2) return(NULL)
  sample <- subset(sample, x %in% large)
  sample$variables[[exposure]] <- droplevels(sample$variables[[exposure]])
  sample
}

droplevels_if <- function(x) if (is.factor(x)) droplevels(x) else x

# svyglm takes its standard errors at the fitted values before the last step; fitting again from the solution takes
# them at the solution (with epsilon 1e-14 alone they are up to 1e-7 away from it).
fit_exactly <- function(formula, sample, family) {
  first <- svyglm(formula, design = sample, family = family, control = EXACT)
  if (family$family == "gaussian") return(first)
  # svyglm looks its arguments up in its own frame: the start goes in by value.
  eval(bquote(svyglm(formula, design = sample, family = family, control = EXACT, start = .(unname(coef(first))))))
}

fit_one <- function(design, outcome, exposure, set, estimator) {
  covariates <- setdiff(SETS[[set]], outcome)
  sample <- without_small_levels(known_in(design, c(outcome, exposure, covariates)), exposure)
  if (is.null(sample)) return(NULL)
  several <- vapply(covariates, function(name) length(unique(sample$variables[[name]])) > 1, TRUE)
  covariates <- covariates[several] # what was measured in one cycle only has no term for the cycle
  sample$variables[covariates] <- lapply(sample$variables[covariates], droplevels_if)
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
    events = if (estimator == "linear") NA else sum(y),
    n_psu = nrow(unique(sample$variables[c("stratum", "psu")])), n_strata = length(unique(sample$variables$stratum)),
    df = degf(sample) + 1 - length(columns),
    coef = sign * unname(coef(fitted)[terms]), se = unname(sqrt(diag(vcov(fitted)))[terms]),
    df_residual = fitted$df.residual
  )
}

# design_of: the design, weighted for an outcome.
fit_grid <- function(design_of, outcomes, exposures) {
  rows <- list()
  for (outcome in outcomes) {
    design <- design_of(outcome)
    for (estimator in if (is_binary(design$variables[[outcome]])) c("poisson", "logistic") else "linear") {
      for (exposure in setdiff(exposures, SAME_MARKER[[outcome]])) {
        for (set in names(SETS)) rows[[length(rows) + 1]] <- fit_one(design, outcome, exposure, set, estimator)
      }
    }
  }
  rows
}

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

subgroups_of <- function(d) {
  male <- d$sex == "male"
  list(
    "all" = rep(TRUE, nrow(d)), "sex=male" = male, "sex=female" = !male,
    "age_band=from_65_to_74" = d$age >= 65 & d$age < 75, "age_band=from_75" = d$age >= 75
  )
}

prevalences <- function(design_of, variables) {
  rows <- list()
  for (name in variables) {
    design <- design_of(name)
    d <- design$variables
    subgroups <- subgroups_of(d)
    levels_of <- if (is.factor(d[[name]])) levels(d[[name]]) else ""
    for (level in levels_of) {
      for (subgroup in names(subgroups)) {
        kept <- d$in_domain & d$.weight > 0 & !is.na(d[[name]]) & subgroups[[subgroup]]
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
  rows
}
