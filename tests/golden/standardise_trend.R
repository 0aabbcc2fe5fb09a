# Golden numbers of direct age standardisation and of trends over survey cycles, from R survey on made-up data.
#
# usage: Rscript tests/golden/standardise_trend.R <folder with sim.csv.gz> <out dir>   writes standardise_trend.json
# needs: r-cran-jsonlite, r-cran-survey (4.1). Not needed to run the tests.
suppressPackageStartupMessages({library(survey); library(jsonlite)})
options(survey.lonely.psu = "fail")
args <- commandArgs(TRUE)
POPULATION <- c(9409940, 8725574, 7414559, 9159407)
EXACT <- list(epsilon = 1e-14, maxit = 100)

d <- read.csv(gzfile(file.path(args[1], "sim.csv.gz")))
d$BAND <- cut(d$RIDAGEYR, c(-Inf, 65, 70, 75, 80, Inf), right = FALSE, labels = FALSE) - 1
# four made-up cycles, unevenly spaced, each with strata of its own
d$YEAR <- c(2000, 2002, 2006, 2014)[cut(d$SDMVSTRA, c(-Inf, 97, 104, 111, Inf), right = FALSE, labels = FALSE)]
d$RARE <- as.numeric(d$PHQ9 >= 15)
design <- svydesign(id = ~SDMVPSU, strata = ~SDMVSTRA, weights = ~WTMEC4YR, nest = TRUE, data = d)
old <- subset(design, OLD == 1 & WTMEC4YR > 0)
known <- function(v) eval(bquote(subset(old, !is.na(.(as.name(v))))))
plain <- function(m) { m <- as.matrix(m); dimnames(m) <- NULL; m }
VARIABLES <- c("HL", "DIAB", "FALL", "RARE", "DSST", "PTA")
BINARY <- c("HL", "DIAB", "FALL", "RARE")

standardised <- function(v) {
  x <- svystandardize(known(v), by = ~BAND, over = ~1, population = POPULATION)
  m <- svymean(as.formula(paste0("~", v)), x)
  list(estimate = as.vector(m), se = as.vector(SE(m)), df = degf(x), conf = as.vector(confint(m, df = degf(x))))
}

# Korn-Graubard for an age-adjusted proportion, after NCHS's macro calculate_KornGraubard_CIs: effective n is n over the design
# effect, whose denominator is the variance of the age-adjusted proportion in a simple random sample
korn_graubard <- function(v) {
  x <- known(v); n <- nrow(x); df <- degf(x); s <- standardised(v); w <- POPULATION / sum(POPULATION)
  byband <- svyby(as.formula(paste0("~", v)), ~BAND, x, svymean)
  share <- byband[[v]]; size <- as.vector(table(x$variables$BAND))
  deff <- s$se^2 / sum(w^2 * share * (1 - share) / size)
  n_eff <- min(n, n / deff)
  n_star <- min(n, n_eff * (qt(.975, n - 1) / qt(.975, df))^2); k <- n_star * s$estimate
  list(n = n, n_eff = n_eff, conf_low = qbeta(.025, k, n_star - k + 1), conf_high = qbeta(.975, k + 1, n_star - k))
}

# svyby(covmat = TRUE) fails on a standardised design (survey 4.1-1). Standardising over the groups fixes their sizes, so the
# means are totals over known sizes, and their covariance is that of the totals
by_group <- function(v, group, standardise) {
  x <- known(v); levels <- sort(unique(x$variables[[group]]))
  if (standardise) x <- svystandardize(x, by = ~BAND, over = as.formula(paste0("~", group)), population = POPULATION)
  if (!standardise) {
    b <- svyby(as.formula(paste0("~", v)), as.formula(paste0("~", group)), x, svymean, covmat = TRUE)
    return(list(levels = levels, estimate = as.vector(coef(b)), cov = plain(vcov(b)), df = degf(x)))
  }
  columns <- sapply(levels, function(l) x$variables[[v]] * (x$variables[[group]] == l))
  total <- svytotal(columns, x)
  size <- sapply(levels, function(l) sum(weights(x)[x$variables[[group]] == l]))
  list(levels = levels, estimate = as.vector(coef(total)) / size, cov = plain(vcov(total)) / outer(size, size), df = degf(x))
}

# slope per two years through the estimates of the cycles, and Wald tests on contr.poly
polynomial <- function(v, standardise) {
  g <- by_group(v, "YEAR", standardise); k <- length(g$levels)
  P <- contr.poly(k, scores = g$levels)
  wald <- function(C) as.vector(t(C %*% g$estimate) %*% solve(C %*% g$cov %*% t(C)) %*% (C %*% g$estimate)) / nrow(C)
  C <- t(P); L <- P[, 1] * 2 / sqrt(sum((g$levels - mean(g$levels))^2))
  slope <- sum(L * g$estimate); se <- sqrt(as.vector(t(L) %*% g$cov %*% L))
  departure <- wald(C[-1, , drop = FALSE]); change <- wald(C)
  list(slope = slope, se = se, df = g$df, p = 2 * pt(-abs(slope / se), g$df), conf = slope + c(-1, 1) * qt(.975, g$df) * se,
       departure_F = departure, departure_p = pf(departure, k - 2, g$df, lower.tail = FALSE),
       change_F = change, change_p = pf(change, k - 1, g$df, lower.tail = FALSE))
}

regression <- function(v) {
  x <- update(known(v), TWO_YEARS = (YEAR - 2000) / 2)
  fit <- svyglm(as.formula(paste0(v, " ~ TWO_YEARS")), x, control = EXACT)
  s <- summary(fit)$coefficients["TWO_YEARS", ]
  list(slope = s[[1]], se = s[[2]], p = s[[4]], df = fit$df.residual, conf = as.vector(confint(fit)["TWO_YEARS", ]))
}

over <- function(names, f) sapply(names, f, simplify = FALSE)
out <- list(
  standardised = over(VARIABLES, standardised), korn_graubard = over(BINARY, korn_graubard),
  by_sex = over(VARIABLES, function(v) by_group(v, "FEMALE", TRUE)),
  by_cycle = over(VARIABLES, function(v) by_group(v, "YEAR", TRUE)),
  by_cycle_crude = over(VARIABLES, function(v) by_group(v, "YEAR", FALSE)),
  regression = over(VARIABLES, regression),
  polynomial = over(VARIABLES, function(v) polynomial(v, TRUE)),
  polynomial_crude = over(VARIABLES, function(v) polynomial(v, FALSE))
)
write_json(out, file.path(args[2], "standardise_trend.json"), digits = NA, auto_unbox = TRUE, pretty = TRUE)
