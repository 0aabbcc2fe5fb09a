## R's side of bench_multiverse.py. usage: Rscript multiverse.R <people.csv> <models.json> <out.json> <exact: True>
suppressPackageStartupMessages({library(survey); library(jsonlite)})
args <- commandArgs(TRUE)
d <- read.csv(args[1], stringsAsFactors = TRUE, na.strings = c("", "NA"))
models <- fromJSON(args[2], simplifyDataFrame = FALSE)
families <- list(linear = gaussian(), logistic = quasibinomial(), poisson = quasipoisson())
des <- svydesign(id = ~psu, strata = ~stratum, weights = ~weight, nest = TRUE, data = d)
old <- subset(des, in_domain == 1 & weight > 0)
fit <- function(m, ...) svyglm(as.formula(m$formula), old, family = families[[m$estimator]], ...)
for (m in models[1:3]) summary(fit(m)) # warm the byte compiler
seconds <- system.time(for (m in models) summary(fit(m)))[["elapsed"]]
exact <- if (args[4] != "True") NULL else lapply(models, function(m) {
  g <- fit(m, control = list(epsilon = 1e-14, maxit = 100))
  if (m$estimator != "linear") {
    ## glm's covariance is from the weights before its last step: go on from there once more
    again <- list(as.formula(m$formula), design = quote(old), family = families[[m$estimator]], start = coef(g))
    g <- do.call(svyglm, c(again, list(control = list(epsilon = 1e-14, maxit = 100))))
  }
  list(coef = unname(coef(g)[2]), se = unname(sqrt(diag(vcov(g)))[2]), df = g$df.residual)
})
write_json(list(seconds = seconds, fits = exact), args[3], digits = NA, auto_unbox = FALSE)
