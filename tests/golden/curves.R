# Golden numbers for dose-response curves and standardised (marginal) effects, NHANES 2011-2014 and 1999-2002.
#
# usage: Rscript tests/golden/curves.R <folder with CDC layout> <out dir>
#   writes curves_<cohort>.csv, curve_tests_<cohort>.csv and margins_<cohort>.csv
# needs: r-cran-survey, r-cran-foreign, r-cran-hmisc and r-cran-rms (Debian). Not needed to run the tests.
#
# The people and variables are those of fit_2011_2014.R and fit_1999_2006.R, which are read up to their first result.
# Curves: svyglm with rms's basis, regTermTest. Margins: the influence of each person, written out here and given to
# svytotal; beside it survey::svypredmeans, whose means are the same and whose variance lacks the covariance of its two
# parts, and a jackknife over PSUs. It writes estimates over people only, never a person's value.

script <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
args <- commandArgs(TRUE)
if (length(args) != 2) stop("usage: Rscript curves.R <folder with CDC layout> <out dir>")
folder <- dirname(script)
source(file.path(folder, "common.R"))

until_results <- function(name) { # variables and functions of another golden script, without its results
  for (expression in parse(file.path(folder, name))) {
    if (grepl("^write_(golden|cohort)\\(", deparse(expression)[1])) break
    eval(expression, globalenv())
  }
}

ADJUSTMENT <- "clinical"
REFERENCE <- c(log2_b12 = 300, log2_mma = 150, log2_hcy = 10)
AT <- list(log2_b12 = c(300, 148, 221, 500), log2_mma = c(150, 100, 271, 400), log2_hcy = c(10, 8, 15, 20))
POINTS <- seq(1, 61, by = 5)

# ------------------------------------------------------------------------------------------------------------ curves
percentiles <- function(design, exposure, p) {
  known <- known_in(design, exposure)
  unname(coef(svyquantile(reformulate(exposure), known, p, qrule = "math", ci = FALSE)))
}

covariates_in <- function(sample, outcome, set) {
  covariates <- setdiff(SETS[[set]], outcome)
  covariates[vapply(covariates, function(name) length(unique(sample$variables[[name]])) > 1, TRUE)]
}

curve <- function(design_of, outcome, exposure) {
  design <- design_of(outcome)
  of_exposure <- design_of(exposure)
  knots <- percentiles(of_exposure, exposure, c(0.05, 0.35, 0.65, 0.95))
  ends <- percentiles(of_exposure, exposure, c(0.01, 0.99))
  x <- sort(known_in(of_exposure, exposure)$variables[[exposure]])
  ends <- c(max(ends[1], x[10]), min(ends[2], rev(x)[10])) # ten people beyond each end at least
  reference <- log2(REFERENCE[[exposure]])
  sample <- known_in(design, c(outcome, exposure, setdiff(SETS[[ADJUSTMENT]], outcome)))
  basis <- function(x) Hmisc::rcspline.eval(x, knots = knots, inclx = TRUE)
  s <- basis(sample$variables[[exposure]])
  stopifnot(all.equal(c(s), c(unclass(rms::rcs(sample$variables[[exposure]], knots))), tolerance = 1e-14))
  sample$variables[c("s1", "s2", "s3")] <- as.data.frame(s)
  covariates <- covariates_in(sample, outcome, ADJUSTMENT)
  sample$variables[covariates] <- lapply(sample$variables[covariates], droplevels_if)
  estimator <- if (is_binary(sample$variables[[outcome]])) "poisson" else "linear"
  fitted <- fit_exactly(reformulate(c("s1", "s2", "s3", covariates), outcome), sample, FAMILIES[[estimator]])
  grid <- seq(ends[1], ends[2], length.out = 61)[POINTS]
  contrast <- sweep(basis(grid), 2, basis(reference))
  v <- vcov(fitted)[c("s1", "s2", "s3"), c("s1", "s2", "s3")]
  overall <- regTermTest(fitted, ~ s1 + s2 + s3)
  bent <- regTermTest(fitted, ~ s2 + s3)
  key <- data.frame(outcome = outcome, exposure = exposure, estimator = estimator)
  list(
    points = data.frame(
      key, point = POINTS, value = 2^grid, coef = c(contrast %*% coef(fitted)[c("s1", "s2", "s3")]),
      se = sqrt(diag(contrast %*% v %*% t(contrast)))
    ),
    tests = data.frame(
      key, n = nrow(sample), events = if (estimator == "linear") NA else sum(sample$variables[[outcome]]),
      df = fitted$df.residual, knot1 = 2^knots[1], knot2 = 2^knots[2], knot3 = 2^knots[3], knot4 = 2^knots[4],
      f_overall = c(overall$Ftest), df_num_overall = overall$df, p_overall = c(overall$p),
      f_nonlinear = c(bent$Ftest), df_num_nonlinear = bent$df, p_nonlinear = c(bent$p)
    )
  )
}

# ----------------------------------------------------------------------------------------------------------- margins
# The model, the scenarios as model matrices, the means and the influence of every person on them.
standardised <- function(fitted, sample, scenarios) {
  w <- weights(sample, "sampling")
  x <- model.matrix(fitted)
  family <- fitted$family
  eta <- c(x %*% coef(fitted))
  information <- crossprod(x * (w * family$mu.eta(eta)), x)
  means <- influence <- NULL
  for (mm in scenarios) {
    at <- c(mm %*% coef(fitted))
    mean_of <- sum(w * family$linkinv(at)) / sum(w)
    gradient <- colSums(w * family$mu.eta(at) * mm) / sum(w)
    scores <- x * (sample$variables[[as.character(formula(fitted)[[2]])]] - family$linkinv(eta))
    means <- c(means, mean_of)
    influence <- cbind(influence, (family$linkinv(at) - mean_of) / sum(w) + c(scores %*% solve(information, gradient)))
  }
  total <- svytotal(influence, sample)
  list(mean = means, cov = unclass(vcov(total)))
}

# svypredmeans wants the exposure as a factor that the adjustment model lacks.
predmeans <- function(fitted, sample, exposure, covariates, outcome, levels) {
  sample$variables$.exposure <- factor(as.character(sample$variables[[exposure]]), levels)
  formula <- if (length(covariates)) reformulate(covariates, outcome) else reformulate("1", outcome)
  # svypredmeans updates the call in its own frame: what it holds must be values.
  adjusted <- eval(bquote(svyglm(.(formula), design = sample, family = .(fitted$family), control = .(EXACT))))
  found <- svypredmeans(adjusted, ~.exposure)
  at <- match(levels, names(coef(found)))
  list(mean = unname(coef(found)[at]), se = unname(sqrt(diag(vcov(found)))[at]))
}

# Refit and average in each replicate; the variance that needs no formula.
jackknife <- function(design, sample, formula, family, scenarios_of) {
  rows <- match(rownames(sample$variables), rownames(design$variables))
  found <- withReplicates(as.svrepdesign(design, type = "JKn"), function(w, data) {
    w <- w[rows]
    data <- cbind(sample$variables, .w = w / mean(w))
    fitted <- suppressWarnings(glm(formula, family = family, data = data, weights = .w, control = EXACT))
    vapply(scenarios_of(data), function(mm) sum(w * family$linkinv(c(mm %*% coef(fitted)))) / sum(w), 1)
  })
  m <- c(found)
  v <- unclass(vcov(found))
  contrast <- cbind(-1, diag(length(m) - 1))
  list(mean_se = sqrt(diag(v)), difference_se = c(NA, sqrt(diag(contrast %*% v %*% t(contrast)))))
}

margin_rows <- function(design_of, outcome, exposure, set, estimator, replicated = FALSE) {
  design <- design_of(outcome)
  sample <- without_small_levels(known_in(design, c(outcome, exposure, setdiff(SETS[[set]], outcome))), exposure)
  if (is.null(sample)) return(NULL)
  covariates <- covariates_in(sample, outcome, set)
  sample$variables[covariates] <- lapply(sample$variables[covariates], droplevels_if)
  formula <- reformulate(c(exposure, covariates), outcome)
  family <- FAMILIES[[estimator]]
  fitted <- fit_exactly(formula, sample, family)
  d <- sample$variables
  of <- function(data, value) model.matrix(formula, replace(data, exposure, list(value)))
  parts <- list()
  if (exposure %in% names(AT)) {
    x <- function(data) data[[exposure]]
    multiply <- if (exposure == "log2_b12") -1 else 1
    parts$change <- list(c("as_observed", "changed"), function(data) list(of(data, x(data)), of(data, x(data) + multiply)))
    parts$values <- list(as.character(AT[[exposure]]),
                         function(data) lapply(AT[[exposure]], function(v) of(data, rep(log2(v), nrow(data)))))
  } else if (is.factor(d[[exposure]])) {
    given <- levels(d[[exposure]])
    parts$levels <- list(given, function(data) lapply(given, function(v) of(data, factor(rep(v, nrow(data)), given))))
  } else {
    parts$levels <- list(c("false", "true"), function(data) lapply(0:1, function(v) of(data, rep(v, nrow(data)))))
  }
  rows <- NULL
  for (comparison in names(parts)) {
    level <- parts[[comparison]][[1]]
    scenarios_of <- parts[[comparison]][[2]]
    found <- standardised(fitted, sample, scenarios_of(d))
    m <- found$mean
    k <- length(m)
    contrast <- cbind(-1, diag(k - 1))
    relative <- cbind(-1 / m[1], diag(1 / m[-1], k - 1))
    pred <- list(mean = NA, se = NA)
    if (comparison == "levels") {
      names_of <- if (is.factor(d[[exposure]])) level else c("0", "1")
      pred <- predmeans(fitted, sample, exposure, covariates, outcome, names_of)
    }
    jack <- list(mean_se = NA, difference_se = NA)
    if (replicated) jack <- jackknife(design, sample, formula, family, scenarios_of)
    ratio <- if (estimator == "linear") rep(NA, k) else c(NA, m[-1] / m[1])
    log_ratio_se <- if (estimator == "linear") rep(NA, k) else c(NA, sqrt(diag(relative %*% found$cov %*% t(relative))))
    rows <- rbind(rows, data.frame(
      outcome = outcome, exposure = exposure, adjustment = set, estimator = estimator, comparison = comparison,
      level = level, n = nrow(sample), events = if (estimator == "linear") NA else sum(d[[outcome]]),
      df = degf(sample) + 1 - length(coef(fitted)), mean = m, mean_se = sqrt(diag(found$cov)),
      difference = c(NA, m[-1] - m[1]), difference_se = c(NA, sqrt(diag(contrast %*% found$cov %*% t(contrast)))),
      ratio = ratio, log_ratio_se = log_ratio_se, predmeans_mean = pred$mean, predmeans_se = pred$se,
      jackknife_mean_se = jack$mean_se, jackknife_difference_se = jack$difference_se
    ))
  }
  rows
}

write_curves <- function(name, design_of, curves, margins) {
  out <- function(what) file.path(args[2], paste0(what, "_", name, ".csv"))
  found <- Map(function(outcome, exposure) curve(design_of, outcome, exposure), curves$outcome, curves$exposure)
  write_golden(lapply(found, `[[`, "points"), out("curves"))
  write_golden(lapply(found, `[[`, "tests"), out("curve_tests"))
  rows <- Map(function(outcome, exposure, set) {
    binary <- is_binary(design_of(outcome)$variables[[outcome]])
    replicated <- binary && set == ADJUSTMENT && exposure %in% c("b12_low_148", "log2_b12")
    rbind(
      margin_rows(design_of, outcome, exposure, set, if (binary) "logistic" else "linear", replicated),
      if (binary) margin_rows(design_of, outcome, exposure, set, "poisson")
    )
  }, margins$outcome, margins$exposure, margins$set)
  write_golden(unname(rows), out("margins"))
}

crossed <- function(...) expand.grid(..., stringsAsFactors = FALSE)

until_results("fit_2011_2014.R")
OUTCOMES <- c("grip_max_kg", "low_grip_ewgsop2")
write_curves(
  "2011_2014", design_of, crossed(outcome = c(OUTCOMES, "anaemia_who"), exposure = c("log2_b12", "log2_mma")),
  crossed(outcome = OUTCOMES, exposure = c("b12_low_148", "b12_status", "mma_high_271", "log2_b12", "log2_mma"),
          set = c("crude", "clinical"))
)

until_results("fit_1999_2006.R")
d <- derive(c("1999", "2001"), 1)
designs <- list(full = whole_design(d), balance = whole_design(d, "weight_balance"))
design_of <- function(variable) designs[[if (variable == "balance_fail") "balance" else "full"]]
OUTCOMES <- c("gait_speed_ms", "knee_strength_n", "slow_gait_ewgsop2", "balance_fail")
write_curves(
  "1999_2002", design_of, crossed(outcome = OUTCOMES, exposure = names(REFERENCE)),
  crossed(outcome = OUTCOMES, exposure = c("b12_low_148", "b12_status", "hcy_high_15", "log2_b12", "log2_hcy"),
          set = c("crude", "clinical"))
)
