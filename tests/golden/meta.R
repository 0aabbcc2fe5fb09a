# Golden numbers of meta-analyses that oracle_meta.json does not have: two studies, no heterogeneity, Q-profile, leave-one-out.
#
# usage: Rscript tests/golden/meta.R <folder with bcg.csv and meta_small.csv> <out dir>   writes meta.json
# needs: r-cran-jsonlite, r-cran-metafor (3.8). Not needed to run the tests.
suppressPackageStartupMessages({library(metafor); library(jsonlite)})
args <- commandArgs(TRUE)
EXACT <- list(threshold = 1e-14, maxiter = 10000, tol = 1e-14, tau2.max = 1e4)

data <- list(
  bcg = read.csv(file.path(args[1], "bcg.csv")),
  small = read.csv(file.path(args[1], "meta_small.csv")),
  two = data.frame(yi = c(0.10, 0.62), vi = c(0.012, 0.030)),
  two_alike = data.frame(yi = c(0.20, 0.24), vi = c(0.012, 0.030)),
  three = data.frame(yi = c(-0.9, 0.1, 1.4), vi = c(0.20, 0.11, 0.35)),
  alike = data.frame(yi = c(0.21, 0.19, 0.22, 0.20), vi = c(0.010, 0.040, 0.020, 0.015))
)
numbers <- function(fit) {
  predicted <- predict(fit)
  list(estimate = as.vector(fit$b), se = fit$se, conf_low = fit$ci.lb, conf_high = fit$ci.ub, p_value = fit$pval, statistic = fit$zval,
       tau2 = fit$tau2, i2_percent = fit$I2, h2 = fit$H2, q = fit$QE, q_p_value = fit$QEp,
       prediction_low = predicted$pi.lb, prediction_high = predicted$pi.ub)
}
fit <- function(d, method, test) rma(yi, vi, data = d, method = method, test = test, control = EXACT)
out <- lapply(data, function(d) {
  fits <- list(FE_z = numbers(fit(d, "FE", "z")))
  for (method in c("DL", "REML", "PM")) for (test in c("z", "knha")) fits[[paste(method, test, sep = "_")]] <- numbers(fit(d, method, test))
  random <- fit(d, "REML", "knha")
  interval <- confint(random, control = list(tol = 1e-14, tau2.max = 1e4))$random["tau^2", ]
  left_out <- if (nrow(d) > 2) lapply(seq_len(nrow(d)), function(i) numbers(fit(d[-i, ], "REML", "knha")))
  list(yi = d$yi, vi = d$vi, fits = fits, tau2_low = interval[["ci.lb"]], tau2_high = interval[["ci.ub"]], leave_one_out = left_out)
})
write_json(out, file.path(args[2], "meta.json"), digits = NA, auto_unbox = TRUE, pretty = TRUE, na = "null")
