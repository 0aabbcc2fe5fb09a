# Golden numbers for sensitivity analyses: options, weights for the untested, reliability of the markers.
#
# usage: Rscript tests/golden/sensitivity.R <folder with CDC layout> <out dir>
#   <folder with CDC layout> holds Nchs/Data/Nhanes/Public/<begin year>/DataFiles/<TABLE>.xpt
# needs: r-cran-survey and r-cran-foreign (Debian). Not needed to run the tests.
#
# Independent of the Python package: it reads CDC's transport files itself and derives every variable by the words of
# the analysis plan. It writes estimates over people only, never a person's value, with 17 significant digits.

script <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
source(file.path(dirname(script), "common.R"))
args <- commandArgs(TRUE)
if (length(args) != 2) stop("usage: Rscript sensitivity.R <folder with CDC layout> <out dir>")
out <- function(name) file.path(args[2], name)

PERSON <- c("RIAGENDR", "RIDAGEYR", "RIDRETH1", "DMDEDUC2", "INDFMPIR", "SDMVPSU", "SDMVSTRA")
read_people <- function(year, tables) { # tables: name -> columns, named as they are called here
  people <- NULL
  for (table in names(tables)) {
    frame <- read_table(args[1], table, year)
    if (is.null(people)) people <- frame[c("SEQN", PERSON)]
    part <- frame[c("SEQN", tables[[table]])]
    names(part) <- c("SEQN", names(tables[[table]]))
    people <- merge(people, part, by = "SEQN", all.x = TRUE)
  }
  people$year <- year
  people
}

covariates_of <- function(raw) {
  male <- raw$RIAGENDR == 1
  data.frame(
    cycle = factor(raw$year), stratum = raw$SDMVSTRA, psu = raw$SDMVPSU, age = raw$RIDAGEYR,
    sex = factor(ifelse(male, "male", "female"), c("male", "female")), race = race_of(raw$RIDRETH1),
    education = education_of(raw$DMDEDUC2), pir = raw$INDFMPIR, height_cm = raw$ht, bmi = raw$bmi,
    smoking = smoking_of(raw$smq020, raw$smq040), diabetes = code(raw$diq, "1" = 1, "2" = 0, "3" = 0)
  )
}

# One model of an option: people who are kept, in the whole design.
with_option <- function(option, design, keep, outcome, exposure, set = "clinical", reported = outcome, of = exposure) {
  keep[is.na(keep)] <- FALSE
  design$variables$in_domain <- design$variables$in_domain & keep
  estimator <- if (is_binary(design$variables[[outcome]])) "poisson" else "linear"
  row <- fit_one(design, outcome, exposure, set, estimator)
  if (is.null(row)) return(NULL)
  row$outcome <- reported
  row$exposure <- row$term <- of
  cbind(option = option, row)
}

# ------------------------------------------------------------------------------------------------------ 2011-2014
EFFORT <- paste0("MGXH", rep(1:2, each = 3), "T", 1:3, "E")
GRIP <- paste0("MGXH", rep(1:2, each = 3), "T", 1:3)
of_cycle <- function(letter, year) {
  named <- function(table) paste0(table, "_", letter)
  tables <- list(
    DEMO = c(wt = "WTMEC2YR"), VITB12 = c(b12 = "LBDB12SI"), MMA = c(mma = "LBXMMASI"),
    MGX = c(setNames(GRIP, GRIP), setNames(EFFORT, EFFORT), hands = "MGDEXSTS"), BMX = c(ht = "BMXHT", bmi = "BMXBMI"),
    BIOPRO = c(scr = "LBXSCR"), DIQ = c(diq = "DIQ010"), SMQ = c(smq020 = "SMQ020", smq040 = "SMQ040"),
    PFQ = c(chair = "PFQ061I")
  )
  names(tables) <- named(names(tables))
  people <- read_people(year, tables)
  rx <- read_table(args[1], named("RXQ_RX"), year)
  answered <- people$SEQN %in% rx$SEQN[rx$RXDUSE %in% c(1, 2)]
  people$treated <- ifelse(people$SEQN %in% rx$SEQN[rx$RXDDRGID == "d00413"], TRUE, ifelse(answered, FALSE, NA))
  people
}
raw <- rbind(of_cycle("G", 2011), of_cycle("H", 2013))
d <- covariates_of(raw)
d$weight <- raw$wt / 2
male <- d$sex == "male"
d$egfr <- ckd_epi_2021(raw$scr, d$age, male)
d$chair <- code(raw$chair, "1" = 0, "2" = 1, "3" = 1, "4" = 1)
d$b12_low_148 <- as.numeric(raw$b12 < 148)
d$b12_low_equiv <- as.numeric(raw$b12 < 174.26)
d$log2_b12 <- log2(raw$b12)
d$mma_high_271 <- as.numeric(raw$mma > 271)
d$log2_mma <- log2(raw$mma)
readings <- as.matrix(raw[GRIP])
readings[is.na(readings)] <- -Inf
best <- apply(readings, 1, max)
d$grip_max_kg <- ifelse(best >= 1, best, NA) # 0 is no reading
d$low_grip_ewgsop2 <- as.numeric(d$grip_max_kg < ifelse(male, 27, 16))
d$weak_if_untested <- ifelse(raw$hands %in% 3, 1, d$low_grip_ewgsop2)
d$strong_if_untested <- ifelse(raw$hands %in% 3, 0, d$low_grip_ewgsop2)
d$in_domain <- d$age >= 65 & d$weight > 0
design <- whole_design(d)

efforts <- as.matrix(raw[EFFORT])
questionable <- rowSums(efforts == 2, na.rm = TRUE) > 0
questionable[rowSums(!is.na(efforts)) == 0] <- NA
KEEP <- list(
  age_over_65 = d$age > 65, exclude_treated = !raw$treated, exclude_b12_over_1000 = raw$b12 <= 1000,
  both_hands_tested = raw$hands == 1, full_effort = !questionable
)
EXPOSURES <- c("b12_low_148", "log2_b12", "mma_high_271", "log2_mma")
everybody <- rep(TRUE, nrow(d))
SETS$without_egfr <- setdiff(SETS$clinical, "egfr")
rows <- list()
for (exposure in EXPOSURES) {
  for (outcome in c("low_grip_ewgsop2", "grip_max_kg")) {
    for (option in names(KEEP)) {
      rows[[length(rows) + 1]] <- with_option(option, design, KEEP[[option]], outcome, exposure)
    }
    rows[[length(rows) + 1]] <- with_option("without_egfr", design, everybody, outcome, exposure, "without_egfr")
  }
  low <- "low_grip_ewgsop2"
  rows[[length(rows) + 1]] <-
    with_option("untested_hand_quasi_worst", design, everybody, "weak_if_untested", exposure, reported = low)
  rows[[length(rows) + 1]] <-
    with_option("untested_hand_quasi_best", design, everybody, "strong_if_untested", exposure, reported = low)
}
for (outcome in c("low_grip_ewgsop2", "grip_max_kg")) {
  rows[[length(rows) + 1]] <- with_option("bridged", design, everybody, outcome, "b12_low_equiv", of = "b12_low_148")
}
write_golden(rows, out("sensitivity_2011_2014.csv"))

# ---------------------------------------------------------------------- 2011-2014: those tested, for those who were not
# Point estimates by svyglm with the weights of a design-weighted logistic svyglm. Standard errors: (1) svyglm's, which
# takes the weights as known; (2) of the linearised values that know them to be estimated, by svytotal; (3) the jackknife
# of PSUs (JKn), in which both models are fitted again without each PSU, truncation included.
inverse_weights <- function(sample, selection, measured) {
  fitted <- suppressWarnings(fit_exactly(update(selection, .measured ~ .), sample, quasibinomial()))
  w <- weights(sample, "sampling")
  p <- unname(predict(fitted, type = "response"))
  stabilised <- (sum(w * measured) / sum(w)) / p
  limits <- quantile(stabilised[measured], c(0.01, 0.99))
  list(weight = pmin(pmax(stabilised, limits[1]), limits[2]), p = p, z = model.matrix(fitted), raw = stabilised,
       cut = stabilised < limits[1] | stabilised > limits[2])
}
for_the_untested <- function(outcome, exposure) {
  needed <- c(exposure, SETS$clinical, "chair")
  sample <- known_in(design, needed)
  sample$variables[SETS$clinical] <- lapply(sample$variables[SETS$clinical], droplevels_if)
  measured <- !is.na(sample$variables[[outcome]])
  sample <- update(sample, .measured = as.numeric(measured))
  selection <- reformulate(needed)
  w <- weights(sample, "sampling")
  ipw <- inverse_weights(sample, selection, measured)
  binary <- is_binary(design$variables[[outcome]])
  family <- if (binary) quasipoisson() else gaussian()
  formula <- reformulate(c(exposure, SETS$clinical), outcome)

  # Everybody of the survey stays in the design; of weight 0 are those without the outcome and those outside.
  people <- sample$variables
  all <- d
  all$.row <- seq_len(nrow(all))
  at <- as.integer(rownames(people))
  all$weight <- 0
  all$weight[at[measured]] <- (w * ipw$weight)[measured]
  whole <- svydesign(id = ~psu, strata = ~stratum, weights = ~weight, nest = TRUE, data = all)
  inner <- subset(whole, all$weight > 0)
  inner$variables[SETS$clinical] <- lapply(inner$variables[SETS$clinical], droplevels_if)
  fitted <- fit_exactly(formula, inner, family)
  beta <- coef(fitted)

  x <- model.matrix(reformulate(c(exposure, SETS$clinical)), people)
  eta <- drop(x %*% beta)
  mu <- if (binary) exp(eta) else eta
  y <- ifelse(measured, people[[outcome]], 0)
  score <- x * ifelse(measured, y - mu, 0)
  hz <- solve(crossprod(ipw$z * (w * ipw$p * (1 - ipw$p)), ipw$z))
  own <- ipw$z * (measured - ipw$p)
  slope <- ifelse(measured & !ipw$cut, -ipw$raw * (1 - ipw$p), 0)
  d_gamma <- crossprod(score * (w * slope), ipw$z)
  omega <- ifelse(measured, ipw$weight, 0)
  bread <- solve(crossprod(x * (w * omega * (if (binary) mu else 1)), x))
  influence <- (score * omega + own %*% hz %*% t(d_gamma)) %*% bread
  full <- matrix(0, nrow(d), ncol(x))
  full[at, ] <- influence
  linearised <- sqrt(diag(vcov(svytotal(full, design))))

  one <- function(w_rep) { # both models again with other weights, converged
    ok <- w_rep > 0
    fit_z <- glm.fit(ipw$z[ok, ], measured[ok], w_rep[ok] / mean(w), family = quasibinomial(), control = EXACT)
    p <- fit_z$fitted.values
    m <- measured[ok]
    s <- (sum(w_rep[ok] * m) / sum(w_rep[ok])) / p
    limits <- quantile(s[m], c(0.01, 0.99))
    s <- pmin(pmax(s, limits[1]), limits[2])
    glm.fit(x[ok, ][m, ], y[ok][m], (w_rep[ok] * s)[m] / mean(w), family = family, control = EXACT)$coefficients
  }
  replicates <- as.svrepdesign(design, type = "JKn", compress = FALSE)
  factors <- weights(replicates, "replication")[at, ] # replication weights are factors on the sampling weights
  made <- apply(factors, 2, function(f) one(w * f))
  jackknife <- sqrt(diag(svrVar(t(made), replicates$scale, replicates$rscales, mse = TRUE, coef = beta)))

  column <- which(colnames(x) == exposure)
  sign <- if (exposure %in% names(CONTRAST)) CONTRAST[[exposure]] else 1
  data.frame(
    outcome = outcome, exposure = exposure, n = sum(measured), n_all = length(measured),
    coef = sign * unname(beta[column]), se_known_weights = unname(sqrt(diag(vcov(fitted)))[column]),
    se = linearised[column], se_jackknife = jackknife[column], weight_low = min(ipw$weight[measured]),
    weight_high = max(ipw$weight[measured]), n_truncated = sum(ipw$cut & measured)
  )
}
rows <- list()
for (outcome in c("low_grip_ewgsop2", "grip_max_kg")) {
  for (exposure in EXPOSURES) rows[[length(rows) + 1]] <- for_the_untested(outcome, exposure)
}
write_golden(rows, out("untested_2011_2014.csv"))

# --------------------------------------------------------------------------- 1999-2002: cystatin C, and as measured
common <- function(year, letter, lab, creatinine, scr, cbc, hcy) {
  named <- function(table) paste0(table, letter)
  tables <- list(c(wt = "WTMEC4YR"), c(b12 = "LBDB12SI", mma = "LBXMMA", hcy = hcy), c(scr = scr),
                 c(ht = "BMXHT", bmi = "BMXBMI"), c(diq = "DIQ010"), c(smq020 = "SMQ020", smq040 = "SMQ040"),
                 c(chair = "PFQ060I"), c(cystatin = "SSCYPC", wt_cystatin = "WTSCY4YR"))
  names(tables) <- c(named("DEMO"), lab, creatinine, named("BMX"), named("DIQ"), named("SMQ"), named("PFQ"),
                     if (year == 1999) "SSCYST_A" else "SSCYST_B")
  read_people(year, tables)
}
raw <- rbind(common(1999, "", "LAB06", "LAB18", "LBXSCR", "LAB25", "LBXHCY"),
             common(2001, "_B", "L06_B", "L40_B", "LBDSCR", "L25_B", "LBDHCY"))
d <- covariates_of(raw)
male <- d$sex == "male"
first <- raw$year == 1999
creatinine <- ifelse(first, 1.013 * raw$scr + 0.147, raw$scr)
cystatin_2012 <- function(c, age, male) {
  133 * pmin(c / 0.8, 1)^-0.499 * pmax(c / 0.8, 1)^-1.328 * 0.996^age * ifelse(male, 1, 0.932)
}
d$chair_rise_difficulty <- code(raw$chair, "1" = 0, "2" = 1, "3" = 1, "4" = 1)
d$b12_low_148 <- as.numeric(raw$b12 < 148)
d$log2_b12 <- log2(raw$b12)
d$mma_high_271 <- as.numeric(round(raw$mma * 1000, 1) > 271)
d$log2_mma <- log2(round(raw$mma * 1000, 1))
hcy <- ifelse(first, 10^(0.983 * log10(raw$hcy) + 0.0418), raw$hcy)

rows <- list()
EXPOSURES <- c("b12_low_148", "log2_b12", "mma_high_271", "log2_mma", "hcy_high_15", "log2_hcy")
for (exposure in EXPOSURES) {
  by_cystatin <- transform(d, weight = ifelse(is.na(raw$wt_cystatin), 0, raw$wt_cystatin),
                           egfr = cystatin_2012(raw$cystatin, d$age, male), hcy_high_15 = as.numeric(hcy > 15),
                           log2_hcy = log2(hcy))
  by_cystatin$in_domain <- by_cystatin$age >= 65 & by_cystatin$weight > 0
  as_measured <- transform(d, weight = raw$wt, egfr = ckd_epi_2021(raw$scr, d$age, male),
                           hcy_high_15 = as.numeric(raw$hcy > 15), log2_hcy = log2(raw$hcy))
  as_measured$in_domain <- as_measured$age >= 65 & as_measured$weight > 0
  for (option in c("egfr_cystatin", "no_bridging")) {
    people <- if (option == "egfr_cystatin") by_cystatin else as_measured
    rows[[length(rows) + 1]] <-
      with_option(option, whole_design(people), rep(TRUE, nrow(d)), "chair_rise_difficulty", exposure)
  }
}
write_golden(rows, out("sensitivity_1999_2002.csv"))

# ---------------------------------------------------------------------- reliability: one-way analysis of variance
second <- read_table(args[1], "L06_2_B", 2001)
pairs <- merge(raw[raw$year == 2001, c("SEQN", "b12", "mma", "hcy")],
               second[c("SEQN", "LB2B12SI", "LB2MMA", "LB2HCY")], by = "SEQN")
reliability_of <- function(marker, one, two) {
  both <- data.frame(one, two)[!is.na(one) & !is.na(two), ]
  long <- data.frame(y = log2(c(both$one, both$two)), person = factor(rep(seq_len(nrow(both)), 2)))
  ms <- summary(aov(y ~ person, long))[[1]][["Mean Sq"]]
  ratio <- (ms[1] - ms[2]) / (ms[1] + ms[2])
  data.frame(marker = marker, n = nrow(both), ratio = ratio, se = (1 - ratio^2) / sqrt(nrow(both) - 1),
             between = (ms[1] - ms[2]) / 2, within = ms[2])
}
write_golden(list(
  reliability_of("serum_b12", pairs$b12, pairs$LB2B12SI),
  reliability_of("mma", round(pairs$mma * 1000, 1), round(pairs$LB2MMA * 1000, 1)),
  reliability_of("homocysteine", pairs$hcy, pairs$LB2HCY)
), out("reliability_2001_2002.csv"))
