# Golden numbers of every kind of design, from R survey on made-up data.
#
# usage: Rscript tests/golden/designs.R <folder with sim.csv.gz> <out dir>   writes designs.json, designs_replicates.csv
# needs: r-cran-jsonlite, r-cran-survey (4.1). Not needed to run the tests.
suppressPackageStartupMessages({library(survey); library(jsonlite)})
options(survey.lonely.psu = "fail")
args <- commandArgs(TRUE)
EXACT <- list(epsilon = 1e-18, maxit = 100)
set.seed(42)

d <- read.csv(gzfile(file.path(args[1], "sim.csv.gz")))
d$UNIT <- d$SDMVSTRA * 10 + d$SDMVPSU
plain <- function(m) { m <- as.matrix(m); dimnames(m) <- NULL; m }

glm_of <- function(formula, design, family, term = NULL) {
  g <- svyglm(formula, design = design, family = family, control = EXACT)
  w <- if (is.null(term)) NULL else regTermTest(g, term, method = "Wald")
  list(coef = unname(coef(g)), vcov = plain(vcov(g)), df = g$df.residual, f = if (is.null(w)) NULL else as.vector(w$Ftest))
}
one <- function(s, df) list(est = unname(coef(s)), se = as.vector(SE(s)), df = df)

everything <- function(design) {
  old <- subset(design, OLD == 1 & WTMEC4YR > 0)
  known <- function(v) eval(bquote(subset(old, !is.na(.(as.name(v))))))
  out <- list(df_whole = degf(design), df_old = degf(old), df_few = degf(subset(old, RIDRETH3 == 7)))
  for (v in c("PTA", "HL", "DSST")) {
    x <- known(v); f <- as.formula(paste0("~", v))
    out$mean[[v]] <- one(svymean(f, x), degf(x))
    out$total[[v]] <- one(svytotal(f, x), degf(x))
    s <- svyvar(f, x); out$variance[[v]] <- list(est = as.vector(s)[1], se = as.vector(SE(s))[1])
  }
  x <- subset(old, !is.na(LBXBPB) & !is.na(PTA)); s <- svyratio(~LBXBPB, ~PTA, x)
  out$ratio <- list(est = as.vector(coef(s)), se = as.vector(SE(s)), df = degf(x))
  x <- subset(old, RIDRETH3 == 7 & !is.na(PTA)); out$few <- one(svymean(~PTA, x), degf(x))
  x <- known("PTA"); q <- svyquantile(~PTA, x, c(.25, .5, .9), qrule = "math", interval.type = "mean")[[1]]
  out$quantile <- list(p = c(.25, .5, .9), est = unname(q[, 1]), low = unname(q[, 2]), high = unname(q[, 3]), se = unname(q[, 4]))
  x <- subset(old, !is.na(HL) & !is.na(DMDEDUC2)); t <- svychisq(~HL + DMDEDUC2, x, statistic = "F")
  out$chisq <- list(f = unname(t$statistic), df = unname(t$parameter), p = unname(t$p.value))
  x <- subset(old, !is.na(DSST) & !is.na(PTA) & !is.na(DMDEDUC2))
  out$gaussian <- glm_of(DSST ~ PTA + RIDAGEYR + factor(DMDEDUC2), x, gaussian(), ~factor(DMDEDUC2))
  x <- subset(old, !is.na(FALL) & !is.na(HL))
  out$binomial <- glm_of(FALL ~ HL + RIDAGEYR + FEMALE, x, quasibinomial())
  out$poisson <- glm_of(FALL ~ HL + RIDAGEYR + FEMALE, x, quasipoisson())
  out
}

whole <- svydesign(id = ~SDMVPSU, strata = ~SDMVSTRA, weights = ~WTMEC4YR, nest = TRUE, data = d)
units <- svydesign(id = ~UNIT, weights = ~WTMEC4YR, data = d)
made <- list(
  brr = as.svrepdesign(whole, type = "BRR"), fay = as.svrepdesign(whole, type = "Fay", fay.rho = 0.3),
  jkn = as.svrepdesign(whole, type = "JKn"), jk1 = as.svrepdesign(units, type = "JK1"),
  bootstrap = as.svrepdesign(whole, type = "subbootstrap", replicates = 40)
)
first <- !duplicated(d$UNIT)
factors <- data.frame(UNIT = d$UNIT[first])
given <- list(brr = list(), fay = list(rho = 0.3), jkn = list(scale = 1), jk1 = list(), bootstrap = list())
results <- list()
replicated <- function(type, k, mse) {
  x <- as.matrix(factors[match(d$UNIT, factors$UNIT), grep(paste0("^", k, "_"), names(factors))])
  arguments <- list(data = d, weights = d$WTMEC4YR, repweights = x * d$WTMEC4YR, type = type, combined.weights = TRUE, mse = mse)
  if (type == "JKn") arguments$rscales <- rep(0.5, ncol(x))
  suppressWarnings(do.call(svrepdesign, c(arguments, given[[k]])))
}
types <- c(brr = "BRR", fay = "Fay", jkn = "JKn", jk1 = "JK1", bootstrap = "bootstrap")
for (k in names(made)) {
  f <- weights(made[[k]], "replication")[first, ]
  colnames(f) <- paste0(k, "_", seq_len(ncol(f)))
  factors <- cbind(factors, f)
  for (mse in c(TRUE, FALSE)) {
    r <- replicated(types[[k]], k, mse)
    results[[paste0(k, if (mse) "" else "_no_mse")]] <- c(list(scale = r$scale, rscales = r$rscales), everything(r))
  }
}
results$clustered <- everything(units)
results$weights_only <- everything(svydesign(id = ~1, weights = ~WTMEC4YR, data = d))
results$simple <- everything(svydesign(id = ~1, weights = ~ONE, data = transform(subset(d, WTMEC4YR > 0), ONE = 1)))
write.csv(format(factors, digits = 17, trim = TRUE), file.path(args[2], "designs_replicates.csv"), row.names = FALSE, quote = FALSE)
write_json(results, file.path(args[2], "designs.json"), digits = NA, auto_unbox = TRUE, pretty = FALSE)
