# Golden numbers for prevalence over time: every definition by survey cycle, crude and age-standardised, on the scale of
# one laboratory method and as measured, and tests for trend; for NHANES 2011-2014 and for 1999-2006 with 2011-2014.
#
# usage: Rscript tests/golden/over_time.R <folder with CDC layout> <out dir>     writes over_time.csv and trends.csv
#   <folder with CDC layout> holds Nchs/Data/Nhanes/Public/<begin year>/DataFiles/<TABLE>.xpt
# needs: r-cran-survey and r-cran-foreign (Debian). Not needed to run the tests.
#
# Independent of the Python package: it reads CDC's transport files itself and derives every variable by the words of
# the analysis plan. It writes estimates over people only, never a person's value, with 17 significant digits.

suppressPackageStartupMessages({
  library(foreign)
  library(survey)
})
options(survey.lonely.psu = "fail", warn = 1)
args <- commandArgs(TRUE)
if (length(args) != 2) stop("usage: Rscript over_time.R <folder with CDC layout> <out dir>")
# 2000 U.S. standard population, 65-69, 70-74, 75-79, 80 and over (Census P25-1130, as SEER distributes it)
POPULATION <- c(9409940, 8725574, 7414559, 4900234 + 4259173)

# ---------------------------------------------------------------------------------------------------- source files
read_columns <- function(table, begin_year, columns) {
  path <- file.path(args[1], "Nchs/Data/Nhanes/Public", begin_year, "DataFiles", paste0(table, ".xpt"))
  frame <- read.xport(path)
  names(frame) <- toupper(names(frame))
  frame <- frame[c("SEQN", columns)]
  names(frame) <- c("SEQN", if (is.null(names(columns))) columns else ifelse(names(columns) == "", columns, names(columns)))
  frame
}

READINGS <- paste0("MGXH", rep(1:2, each = 3), "T", 1:3)
RAW <- c("B12", "B12_SI", "MMA", "HCY", "HGB", "MCV", "CHAIR", READINGS)
CYCLES <- list(
  list(1999, "DEMO", list(LAB06 = c(B12 = "LBXB12", MMA = "LBXMMA", HCY = "LBXHCY"),
                          LAB25 = c(HGB = "LBXHGB", MCV = "LBXMCVSI"), PFQ = c(CHAIR = "PFQ060I"))),
  list(2001, "DEMO_B", list(L06_B = c(B12 = "LBXB12", MMA = "LBXMMA", HCY = "LBDHCY"),
                            L25_B = c(HGB = "LBXHGB", MCV = "LBXMCVSI"), PFQ_B = c(CHAIR = "PFQ060I"))),
  list(2003, "DEMO_C", list(L06NB_C = c(B12 = "LBXB12"), L06MH_C = c(MMA = "LBXMMA", HCY = "LBXHCY"),
                            L25_C = c(HGB = "LBXHGB", MCV = "LBXMCVSI"), PFQ_C = c(CHAIR = "PFQ061I"))),
  list(2005, "DEMO_D", list(B12_D = c(B12 = "LBXB12"), HCY_D = c(HCY = "LBXHCY"),
                            CBC_D = c(HGB = "LBXHGB", MCV = "LBXMCVSI"), PFQ_D = c(CHAIR = "PFQ061I"))),
  list(2011, "DEMO_G", list(VITB12_G = c(B12_SI = "LBDB12SI"), MMA_G = c(MMA = "LBXMMASI"), MGX_G = READINGS,
                            CBC_G = c(HGB = "LBXHGB", MCV = "LBXMCVSI"), PFQ_G = c(CHAIR = "PFQ061I"))),
  list(2013, "DEMO_H", list(VITB12_H = c(B12_SI = "LBDB12SI"), MMA_H = c(MMA = "LBXMMASI"), MGX_H = READINGS,
                            CBC_H = c(HGB = "LBXHGB", MCV = "LBXMCVSI"), PFQ_H = c(CHAIR = "PFQ061I")))
)

read_cycle <- function(cycle) {
  year <- cycle[[1]]
  weight <- if (year < 2003) "WTMEC4YR" else "WTMEC2YR"
  people <- read_columns(cycle[[2]], year, c("RIAGENDR", "RIDAGEYR", "SDMVPSU", "SDMVSTRA", WEIGHT = weight))
  for (table in names(cycle[[3]])) {
    people <- merge(people, read_columns(table, year, cycle[[3]][[table]]), by = "SEQN", all.x = TRUE)
  }
  people[setdiff(RAW, names(people))] <- NA_real_
  people$YEAR <- year
  people
}

columns <- c("SEQN", "RIAGENDR", "RIDAGEYR", "SDMVPSU", "SDMVSTRA", "WEIGHT", RAW, "YEAR")
raw <- do.call(rbind, lapply(CYCLES, function(cycle) read_cycle(cycle)[columns]))

# ------------------------------------------------------------------------------------ variables, by the plan's words
old_assay <- raw$YEAR < 2011
b12_as_measured <- ifelse(old_assay, round(raw$B12 * 0.738, 1), raw$B12_SI)
b12_on_roche <- ifelse(old_assay, round(10^(0.97 * log10(raw$B12) + 0.14) * 0.738, 1), raw$B12_SI)
mma <- ifelse(old_assay, round(raw$MMA * 1000, 1), raw$MMA)
hcy_on_axsym <- ifelse(raw$YEAR == 1999, 10^(0.983 * log10(raw$HCY) + 0.0418), raw$HCY)
male <- raw$RIAGENDR == 1
readings <- as.matrix(raw[READINGS])
readings[is.na(readings)] <- -Inf
best <- apply(readings, 1, max)
grip <- ifelse(best >= 1, best, NA)
below <- function(x, men, women) as.numeric(x < ifelse(male, men, women))
# R's & is three-valued; but in a cycle without MMA nobody's answer is known
functional <- function(b12) ifelse(raw$YEAR == 2005, NA, as.numeric(b12 < 221 & mma > 271))

d <- data.frame(
  year = raw$YEAR + 1, stratum = raw$SDMVSTRA, psu = raw$SDMVPSU, # the middle of 1999-2000 is 2000.0
  weight = raw$WEIGHT * ifelse(raw$YEAR < 2003, 2, 1) / 6,
  band = cut(raw$RIDAGEYR, c(-Inf, 70, 75, 80, Inf), right = FALSE, labels = FALSE) - 1,
  b12_low_148 = as.numeric(b12_on_roche < 148), b12_low_equiv = as.numeric(b12_on_roche < 174.26),
  mma_high_271 = as.numeric(mma > 271), hcy_high_15 = as.numeric(hcy_on_axsym > 15),
  b12_functional = functional(b12_on_roche),
  low_grip_ewgsop2 = below(grip, 27, 16), low_grip_fnih = below(grip, 26, 16), low_grip_awgs2019 = below(grip, 28, 18),
  low_grip_ewgsop2010 = below(grip, 30, 20), low_grip_sdoc = below(grip, 35.5, 20),
  chair_rise_difficulty = unname(c(0, 1, 1, 1)[match(raw$CHAIR, 1:4)]),
  anaemia_who = below(raw$HGB, 13, 12), macrocytosis = as.numeric(raw$MCV > 100)
)
MEASURED <- data.frame(
  b12_low_148 = as.numeric(b12_as_measured < 148), b12_low_equiv = as.numeric(b12_as_measured < 174.26),
  hcy_high_15 = as.numeric(raw$HCY > 15), b12_functional = functional(b12_as_measured)
)
DEFINITIONS <- setdiff(names(d), c("year", "stratum", "psu", "weight", "band"))
names(MEASURED) <- paste0(names(MEASURED), ".as_measured")
d <- cbind(d, MEASURED)
d$in_domain <- raw$RIDAGEYR >= 65 & d$weight > 0 & !is.na(d$weight)
d$weight[is.na(d$weight)] <- 0

# ----------------------------------------------------------------------------------------------------------- numbers
nchs <- function(x, v, p, se, random_sample) {
  n <- nrow(x)
  df <- degf(x)
  events <- sum(x$variables[[v]])
  none_or_all <- events %in% c(0, n)
  if (none_or_all) {
    p <- as.numeric(events == n)
    se <- 0
  }
  n_eff <- if (none_or_all) n else min(n, n * random_sample / se^2)
  n_star <- min(n, n_eff * (qt(0.975, n - 1) / qt(0.975, df))^2)
  low <- if (events == 0) 0 else qbeta(0.025, n_star * p, n_star * (1 - p) + 1)
  high <- if (events == n) 1 else qbeta(0.975, n_star * p + 1, n_star * (1 - p))
  data.frame(n = n, events = events, estimate = p, se = se, df = df, conf_low = low, conf_high = high, n_eff = n_eff)
}

crude <- function(x, v) {
  m <- svymean(as.formula(paste0("~", v)), x)
  p <- as.vector(m)
  nchs(x, v, p, as.vector(SE(m)), p * (1 - p) / nrow(x))
}

# n_eff of an age-standardised proportion as in NCHS's macro calculate_KornGraubard_CIs: n over a design effect whose
# denominator is the variance of the standardised proportion in a simple random sample
age_standardised <- function(x, v) {
  m <- svymean(as.formula(paste0("~", v)), svystandardize(x, by = ~band, over = ~1, population = POPULATION))
  share <- POPULATION / sum(POPULATION)
  of_band <- svyby(as.formula(paste0("~", v)), ~band, x, svymean)[[v]]
  size <- as.vector(table(x$variables$band))
  nchs(x, v, as.vector(m), as.vector(SE(m)), sum(share^2 * of_band * (1 - of_band) / size))
}

# Estimates of all cycles with their joint covariance. svyby(covmat = TRUE) fails on a standardised design (survey
# 4.1-1): standardising over the cycles fixes their sizes, so the means are totals over known sizes.
by_cycle <- function(x, v, standardise) {
  years <- sort(unique(x$variables$year))
  if (!standardise) {
    b <- svyby(as.formula(paste0("~", v)), ~year, x, svymean, covmat = TRUE)
    return(list(years = years, estimate = as.vector(coef(b)), cov = as.matrix(vcov(b)), df = degf(x)))
  }
  x <- svystandardize(x, by = ~band, over = ~year, population = POPULATION)
  total <- svytotal(sapply(years, function(y) x$variables[[v]] * (x$variables$year == y)), x)
  size <- sapply(years, function(y) sum(weights(x)[x$variables$year == y]))
  list(years = years, estimate = as.vector(coef(total)) / size, cov = as.matrix(vcov(total)) / outer(size, size),
       df = degf(x))
}

trend <- function(x, v, standardise) {
  g <- by_cycle(x, v, standardise)
  k <- length(g$years)
  P <- contr.poly(k, scores = g$years)
  wald_p <- function(C) {
    f <- as.vector(t(C %*% g$estimate) %*% solve(C %*% g$cov %*% t(C)) %*% (C %*% g$estimate)) / nrow(C)
    pf(f, nrow(C), g$df, lower.tail = FALSE)
  }
  L <- P[, 1] * 2 / sqrt(sum((g$years - mean(g$years))^2))
  slope <- sum(L * g$estimate)
  se <- sqrt(as.vector(t(L) %*% g$cov %*% L))
  data.frame(
    n_cycles = k, slope_per_2_years = slope, se = se, df = g$df, conf_low = slope - qt(0.975, g$df) * se,
    conf_high = slope + qt(0.975, g$df) * se, p_trend = 2 * pt(-abs(slope / se), g$df),
    p_departure = if (k > 2) wald_p(t(P)[-1, , drop = FALSE]) else NA, p_any_change = wald_p(t(P))
  )
}

COHORTS <- list(nhanes_2011_2014 = c(2012, 2014), nhanes_1999_2014 = c(2000, 2002, 2004, 2006, 2012, 2014))
rows <- list()
trends <- list()
for (cohort in names(COHORTS)) {
  d$here <- d$in_domain & d$year %in% COHORTS[[cohort]]
  design <- svydesign(id = ~psu, strata = ~stratum, weights = ~weight, nest = TRUE,
                      data = d[d$year %in% COHORTS[[cohort]], ])
  for (column in c(DEFINITIONS, if (cohort == "nhanes_1999_2014") names(MEASURED))) {
    name <- sub("[.]as_measured$", "", column)
    bridged <- if (column == name) "harmonised" else "as_measured"
    known <- eval(bquote(subset(design, here & !is.na(.(as.name(column))))))
    for (way in c("crude", "age_standardised")) {
      years <- sort(unique(known$variables$year))
      if (length(years) == 0) next
      head <- data.frame(cohort = cohort, variable = name, bridged = bridged, standardisation = way)
      for (y in years) {
        numbers <- get(way)(eval(bquote(subset(known, year == .(y)))), column)
        rows[[length(rows) + 1]] <- cbind(head, year = y, numbers)
      }
      if (length(years) > 1) {
        trends[[length(trends) + 1]] <- cbind(head, trend(known, column, way == "age_standardised"))
      }
    }
  }
}

write_golden <- function(rows, name) {
  table <- do.call(rbind, rows)
  numbers <- vapply(table, is.numeric, TRUE)
  table[numbers] <- lapply(table[numbers], function(x) ifelse(is.na(x), "", sprintf("%.17g", x)))
  write.csv(table, file.path(args[2], name), row.names = FALSE, quote = TRUE, na = "")
}
write_golden(rows, "over_time.csv")
write_golden(trends, "trends.csv")
