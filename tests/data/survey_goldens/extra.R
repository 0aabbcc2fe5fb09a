## Golden numbers that oracle.R does not have: R survey on the same made-up data.
## usage: Rscript extra.R <dir>   reads <dir>/sim.csv.gz, writes <dir>/oracle_extra.json
suppressPackageStartupMessages({library(survey); library(jsonlite)})
args <- commandArgs(TRUE); dir <- if (length(args)) args[1] else "."
d <- read.csv(gzfile(file.path(dir, "sim.csv.gz")))
options(survey.lonely.psu = "fail")
des <- svydesign(id = ~SDMVPSU, strata = ~SDMVSTRA, weights = ~WTMEC4YR, nest = TRUE, data = d)
old <- subset(des, OLD == 1 & WTMEC4YR > 0)
R <- list()

## Wald F across the levels of a factor, of a mean
dd <- subset(old, !is.na(DSST) & !is.na(DMDEDUC2))
w <- regTermTest(svyglm(DSST ~ factor(DMDEDUC2), dd), ~factor(DMDEDUC2))
R$compare_means <- list(F = as.vector(w$Ftest), df = w$df, ddf = w$ddf, p = as.vector(w$p))

## Rao-Scott on a 6 x 3 table
s <- svychisq(~RIDRETH3 + SMOKE, old, statistic = "F")
R$chisq_race_smoke <- list(stat = unname(s$statistic), par = unname(s$parameter), p = unname(s$p.value))

## standardised differences between the sexes, by their printed formulas on svymean and svyvar
m <- function(v, f) { x <- subset(old, FEMALE == f & !is.na(d[[v]][d$OLD == 1 & d$WTMEC4YR > 0])); c(coef(svymean(as.formula(paste0("~", v)), x)), svyvar(as.formula(paste0("~", v)), x)) }
a <- m("DSST", 0); b <- m("DSST", 1)
R$smd_DSST_by_sex <- unname(abs(a[1] - b[1]) / sqrt((a[2] + b[2]) / 2))
pr <- function(v, f) coef(svymean(as.formula(paste0("~factor(", v, ")")), subset(old, FEMALE == f & !is.na(eval(as.name(v))))))
for (v in c("DMDEDUC2", "DIAB")) {
  p <- pr(v, 0)[-1]; q <- pr(v, 1)[-1]
  S <- ((diag(p, length(p)) - outer(p, p)) + (diag(q, length(q)) - outer(q, q))) / 2
  R[[paste0("smd_", v, "_by_sex")]] <- as.vector(sqrt(t(p - q) %*% solve(S, p - q)))
}

## Korn-Graubard by the NCHS rule, line by line from the methods reference (6.1), on domains of many shapes
kg <- function(x, v) {
  n <- nrow(x); df <- degf(x); s <- svymean(as.formula(paste0("~", v)), x); p <- unname(coef(s))
  neff <- if (p %in% c(0, 1)) n else min(n, p * (1 - p) / as.vector(vcov(s)))
  ns <- min(n, neff * (qt(.975, n - 1) / qt(.975, df))^2); k <- ns * p
  list(n = n, df = df, p = p, n_eff = neff, lci = if (p == 0) 0 else qbeta(.025, k, ns - k + 1), uci = if (p == 1) 1 else qbeta(.975, k + 1, ns - k))
}
des <- update(des, RARE = as.numeric(PHQ9 >= 15), NEVER = as.numeric(PHQ9 >= 60), ALWAYS = as.numeric(PHQ9 < 60))
old <- subset(des, OLD == 1 & WTMEC4YR > 0)
R$nchs <- list()
for (v in c("HL", "DIAB", "FALL", "RARE", "NEVER", "ALWAYS")) {
  x <- eval(bquote(subset(old, !is.na(.(as.name(v))))))
  R$nchs[[v]] <- kg(x, v)
  for (r in c(1, 2, 3, 4, 6, 7)) R$nchs[[paste0(v, "_race", r)]] <- kg(subset(x, RIDRETH3 == r), v)
}

## totals under single-PSU policies ("adjust" centres at zero here, not at a mean)
d1 <- d[!((d$SDMVSTRA %in% c(95, 110)) & d$SDMVPSU == 2), ]
R$lonely_total <- list()
for (o in c("adjust", "average", "remove", "certainty")) {
  options(survey.lonely.psu = o)
  x <- subset(svydesign(id = ~SDMVPSU, strata = ~SDMVSTRA, weights = ~WTMEC4YR, nest = TRUE, data = d1), OLD == 1 & !is.na(PTA))
  t <- svytotal(~PTA, x)
  R$lonely_total[[o]] <- list(est = unname(coef(t)), se = as.vector(SE(t)))
}
write_json(R, file.path(dir, "oracle_extra.json"), digits = NA, auto_unbox = TRUE, pretty = TRUE, na = "null")
