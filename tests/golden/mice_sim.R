## Multiple imputation by R's mice of the made-up survey (tests/data/survey_goldens/sim.csv.gz), and the pooled models.
## usage: Rscript mice_sim.R   writes mice_sim.json beside it (R 4.2.2, mice 3.15, survey 4.1-1, jsonlite)
## The same variables, design (log weight, an effect of each PSU), donors, rounds and models as
## tests/statistics/test_against_mice.py has; m = 40 here, so that its Monte Carlo error is the smaller one.
suppressPackageStartupMessages({library(survey); library(mice); library(jsonlite)})
options(survey.lonely.psu = "fail")
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
d <- read.csv(gzfile(file.path(here, "..", "data", "survey_goldens", "sim.csv.gz")))
old <- d$OLD == 1 & d$WTMEC4YR > 0
o <- d[old, c("RIDAGEYR", "FEMALE", "INDFMPIR", "BMXBMI", "PTA", "DSST")]
for (v in c("RIDRETH3", "DMDEDUC2", "SMOKE", "FALL", "DIAB")) o[[v]] <- factor(d[old, v])
o$LOGW <- log(d$WTMEC4YR[old])
o$PSU <- factor(paste(d$SDMVSTRA[old], d$SDMVPSU[old]))
imp <- mice(o, m = 40, maxit = 5, seed = 20261123, donors = 5, printFlag = FALSE,
            method = c(INDFMPIR = "pmm", BMXBMI = "pmm", PTA = "pmm", DSST = "pmm", DMDEDUC2 = "polyreg",
                       FALL = "logreg", DIAB = "logreg")[names(o)] |> (\(x) { x[is.na(x)] <- ""; setNames(x, names(o)) })())
models <- list(dsst = DSST ~ PTA + RIDAGEYR + FEMALE + factor(DMDEDUC2), fall = FALL ~ PTA + INDFMPIR + FEMALE + DIAB)
fits <- lapply(1:40, function(j) {
  x <- complete(imp, j); full <- d
  for (v in c("INDFMPIR", "BMXBMI", "PTA", "DSST")) full[old, v] <- x[[v]]
  for (v in c("DMDEDUC2", "FALL", "DIAB")) full[old, v] <- as.numeric(as.character(x[[v]]))
  des <- subset(svydesign(id = ~SDMVPSU, strata = ~SDMVSTRA, weights = ~WTMEC4YR, nest = TRUE, data = full), OLD == 1 & WTMEC4YR > 0)
  list(dsst = svyglm(models$dsst, des), fall = svyglm(models$fall, des, family = quasibinomial()))
})
out <- list(m = 40, versions = c(mice = as.character(packageVersion("mice")), survey = as.character(packageVersion("survey"))))
for (name in names(models)) {
  f <- lapply(fits, `[[`, name)
  q <- sapply(f, coef); u <- sapply(f, function(x) diag(vcov(x)))
  p <- sapply(seq_len(nrow(q)), function(i) {
    z <- pool.scalar(q[i, ], u[i, ], n = f[[1]]$df.residual + nrow(q), k = nrow(q)); c(z$qbar, sqrt(z$t), z$df, z$fmi, z$b) })
  out[[name]] <- list(names = rownames(q), est = p[1, ], se = p[2, ], df = p[3, ], fmi = p[4, ], between = p[5, ])
}
miss <- sapply(c("INDFMPIR", "PTA", "DSST"), function(v) mean(sapply(1:40, function(j) mean(complete(imp, j)[[v]][is.na(o[[v]])]))))
out$imputed_mean <- as.list(miss)
write_json(out, file.path(here, "mice_sim.json"), digits = NA, auto_unbox = TRUE, pretty = TRUE)
