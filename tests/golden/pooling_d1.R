# Golden numbers of the joint Wald test after multiple imputation (D1), on the fits of oracle_mi.json.
#
# usage: Rscript tests/golden/pooling_d1.R <folder with oracle_mi.json> <out dir>   writes pooling_d1.json
# needs: r-cran-jsonlite and the r-cran-mitml package, installed or unpacked (its folder in MITML). mice::D1 calls the same
# function, mitml:::.D1. Not needed to run the tests.
suppressPackageStartupMessages(library(jsonlite))
args <- commandArgs(TRUE)
mitml <- new.env()
folder <- Sys.getenv("MITML", file.path(.libPaths()[1], "mitml"))
lazyLoad(file.path(folder, "R", "mitml"), mitml)

oracle <- fromJSON(file.path(args[1], "oracle_mi.json"), simplifyMatrix = TRUE)
cases <- list(
  education = list("lin", 5:8), two_levels = list("lin", 7:8), all_slopes = list("lin", 2:8),
  logit_pair = list("logit", c(2, 5)), logit_slopes = list("logit", 2:5)
)
out <- lapply(cases, function(case) {
  model <- oracle[[case[[1]]]]
  at <- case[[2]]
  estimates <- t(model$est_each)[at, ]                                        # coefficients x imputations
  covariances <- aperm(model$vcov_each, c(2, 3, 1))[at, at, ]                 # coefficients x coefficients x imputations
  d1 <- mitml$.D1(estimates, covariances, model$dfcom)
  list(model = case[[1]], positions = at - 1, F = as.vector(d1$F), df_num = d1$k, df_denom = as.vector(d1$v), riv = as.vector(d1$r),
       p = pf(as.vector(d1$F), d1$k, as.vector(d1$v), lower.tail = FALSE))
})
write_json(out, file.path(args[2], "pooling_d1.json"), digits = NA, auto_unbox = TRUE, pretty = TRUE)
