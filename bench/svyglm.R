## R's side of bench_glm.py. usage: Rscript svyglm.R <sim.csv.gz> <models.json> <out.json>
suppressPackageStartupMessages({library(survey); library(jsonlite)})
args <- commandArgs(TRUE)
d <- read.csv(gzfile(args[1]))
models <- fromJSON(args[2], simplifyDataFrame = FALSE)
families <- list(gaussian = gaussian(), binomial = quasibinomial(), poisson = quasipoisson())
f <- function(v) factor(v)
des <- svydesign(id = ~SDMVPSU, strata = ~SDMVSTRA, weights = ~WTMEC4YR, nest = TRUE, data = d)
old <- subset(des, OLD == 1)
fit <- function(m, ...) svyglm(as.formula(m$formula), old, family = families[[m$family]], ...)
for (m in models[1:3]) summary(fit(m)) # warm the byte compiler
seconds <- system.time(for (m in models) summary(fit(m)))[["elapsed"]]
exact <- lapply(models, function(m) {
  g <- fit(m, control = list(epsilon = 1e-14, maxit = 100))
  ## glm's covariance is from the weights before its last step: go on from there once more
  again <- list(as.formula(m$formula), design = quote(old), family = families[[m$family]], start = coef(g))
  g <- do.call(svyglm, c(again, list(control = list(epsilon = 1e-14, maxit = 100))))
  list(coef = unname(coef(g)), se = unname(sqrt(diag(vcov(g)))), df = g$df.residual)
})
write_json(list(seconds = seconds, fits = exact), args[3], digits = NA, auto_unbox = FALSE)
