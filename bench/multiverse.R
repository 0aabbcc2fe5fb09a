## R's side of bench_multiverse.py. usage: Rscript multiverse.R <people.csv> <models.json> <out.json>
suppressPackageStartupMessages({library(survey); library(jsonlite)})
args <- commandArgs(TRUE)
d <- read.csv(args[1], stringsAsFactors = TRUE)
models <- fromJSON(args[2], simplifyDataFrame = FALSE)
families <- list(linear = gaussian(), logistic = quasibinomial(), poisson = quasipoisson())
des <- svydesign(id = ~psu, strata = ~stratum, weights = ~weight, nest = TRUE, data = d)
domain <- subset(des, in_domain == 1)
within <- lapply(split(models, vapply(models, `[[`, "", "subgroup")), function(of) of[[1]])
parts <- lapply(within, function(m) if (m$subgroup == "all") domain else domain[which(domain$variables[[m$subgroup_column]] == m$level), ])
fit <- function(m, ...) svyglm(as.formula(m$formula), parts[[m$subgroup]], family = families[[m$estimator]], ...)
for (m in models[1:3]) summary(fit(m)) # warm the byte compiler
seconds <- system.time(for (m in models) summary(fit(m)))[["elapsed"]]
exact <- if (length(args) > 3) NULL else lapply(models, function(m) {
  g <- fit(m, control = list(epsilon = 1e-14, maxit = 100))
  if (m$estimator != "linear") {
    ## glm's covariance is from the weights before its last step: go on from there once more
    again <- list(as.formula(m$formula), design = quote(parts[[m$subgroup]]), family = families[[m$estimator]], start = coef(g))
    g <- do.call(svyglm, c(again, list(control = list(epsilon = 1e-14, maxit = 100))))
  }
  list(coef = unname(coef(g)[m$columns]), se = unname(sqrt(diag(vcov(g)))[m$columns]), df = g$df.residual)
})
write_json(list(seconds = seconds, fits = exact), args[3], digits = NA, auto_unbox = FALSE)
