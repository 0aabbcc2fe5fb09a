# Golden numbers for effect modification, NHANES 2011-2014: subgroups, products, RERI, AP, S, prevalence differences;
# and p.adjust of the tests.
#
# usage: Rscript tests/golden/effect_modification.R <folder with CDC layout> <out dir>
#   writes effect_modification.csv and effect_modification_tests.csv
# needs: r-cran-survey and r-cran-foreign (Debian). Not needed to run the tests. Half a minute.
#
# The people and variables are those of fit_2011_2014.R, which is read up to its first result. Subgroups: svyglm in
# subset(). Tests: svyglm with products, regTermTest. RERI, AP and log S: svycontrast of expressions, which R
# differentiates itself. Prevalence differences within a level: the influence of each person, written out here and given
# to svytotal. It writes estimates over people only, never a person's value.

script <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
args <- commandArgs(TRUE)
if (length(args) != 2) stop("usage: Rscript effect_modification.R <folder with CDC layout> <out dir>")
folder <- dirname(script)
source(file.path(folder, "common.R"))
for (expression in parse(file.path(folder, "fit_2011_2014.R"))) {
  if (grepl("^write_golden\\(", deparse(expression)[1])) break
  if (!grepl("^(script|source|args|if \\(length)", deparse(expression)[1])) eval(expression, globalenv())
}

# --------------------------------------------------------------------------------------------------------- modifiers
of_table <- function(table, columns) {
  both <- lapply(c(G = 2011, H = 2013), identity)
  rows <- lapply(names(both), function(letter) {
    read_table(args[1], paste0(table, "_", letter), both[[letter]])[c("SEQN", columns)]
  })
  rows <- do.call(rbind, rows)
  rows[match(raw$SEQN, rows$SEQN), columns, drop = FALSE]
}
folate <- of_table("FOLFMS", "LBDFOTSI")$LBDFOTSI
supplements <- of_table("DSQTOT", c("DSQTVB12", "DSD010"))
amount <- supplements$DSQTVB12
d$by_sex <- as.numeric(!male)
d$by_age <- as.numeric(d$age >= 75)
d$by_kidney <- as.numeric(d$egfr < 60)
d$by_supplement <- ifelse(is.na(amount), ifelse(supplements$DSD010 %in% c(1, 2), 0, NA), as.numeric(amount > 0))
d$by_diabetes <- d$diabetes
d$by_folate <- as.numeric(folate > 78.5)
design <- whole_design(d)
REPLACED <- list(by_sex = "sex", by_diabetes = "diabetes")
LEVELS <- list(by_sex = c("male", "female"), by_age = c("from_65_to_74", "from_75"))
MIN_N <- 50

# ------------------------------------------------------------------------------------------------------------ models
rows <- list()
tests <- list()
add <- function(...) rows[[length(rows) + 1]] <<- data.frame(...)

# Coefficient, SE and model df of a contrast, as one row.
one <- function(key, measure, level, term, n, events, df, coef, se) {
  add(key, measure = measure, level = level, term = term, n = n, events = events, df = df, coef = coef, se = se)
}

# Where nobody of a level of a covariate has the outcome there is no maximum; svyglm stops on the way to it.
separated <- function(fitted) fitted$family$family != "gaussian" && min(fitted(fitted)) < 1e-6

by_subgroup <- function(key, modifier, covariates, sign) {
  for (m in 0:1) {
    known <- known_in(design, c(key$outcome, key$exposure, covariates, modifier))
    sample <- without_small_levels(subset(known, known$variables[[modifier]] == m), key$exposure)
    if (is.null(sample) || nrow(sample) < MIN_N) next
    kept <- covariates[vapply(covariates, function(name) length(unique(sample$variables[[name]])) > 1, TRUE)]
    sample$variables[kept] <- lapply(sample$variables[kept], droplevels_if)
    fitted <- tryCatch(
      fit_exactly(reformulate(c(key$exposure, kept), key$outcome), sample, FAMILIES[[key$estimator]]),
      warning = function(w) NULL
    )
    if (is.null(fitted) || separated(fitted)) next
    one(key, "subgroup", levels_of(modifier)[m + 1], key$exposure, nrow(sample), events_of(key, sample),
        df.residual(fitted), sign * coef(fitted)[[key$exposure]], SE(fitted)[[key$exposure]])
  }
}
levels_of <- function(modifier) if (is.null(LEVELS[[modifier]])) c("false", "true") else LEVELS[[modifier]]
events_of <- function(key, sample) if (key$estimator == "linear") NA else sum(sample$variables[[key$outcome]])

compared <- function(key, modifier, covariates, sign) {
  sample <- known_in(design, c(key$outcome, key$exposure, covariates, modifier))
  v <- sample$variables
  binary <- is_binary(v[[key$exposure]])
  if (binary && min(table(factor(v[[key$exposure]], 0:1), factor(v[[modifier]], 0:1))) < MIN_LEVEL_N) return()
  w <- weights(sample, "sampling")
  origin <- if (binary) 0 else sum(w * v[[key$exposure]]) / sum(w)
  sample <- update(sample, E = v[[key$exposure]], M = v[[modifier]], EM = (v[[key$exposure]] - origin) * v[[modifier]])
  sample$variables[covariates] <- lapply(sample$variables[covariates], droplevels_if)
  fitted <- fit_exactly(reformulate(c("E", "M", "EM", covariates), key$outcome), sample, FAMILIES[[key$estimator]])
  df <- df.residual(fitted)
  b <- coef(fitted)
  levels <- levels_of(modifier)
  state <- function(measure, level, term, contrast) {
    inside <- sample$variables$M == (level - 1)
    if (measure == "joint" && binary) inside <- inside & sample$variables$E == (if (term == "") 0 else 1)
    events <- if (key$estimator == "linear") NA else sum(sample$variables[[key$outcome]][inside])
    value <- as.numeric(coef(contrast))
    one(key, measure, levels[level], term, sum(inside), events, df, value, as.numeric(SE(contrast)))
  }
  state("joint", 2, "", svycontrast(fitted, c(M = 1)))
  state("joint", 1, key$exposure, svycontrast(fitted, c(E = sign)))
  state("joint", 2, key$exposure, svycontrast(fitted, c(E = sign, M = 1, EM = sign)))
  state("product", 2, key$exposure, svycontrast(fitted, c(EM = sign)))
  test <- regTermTest(fitted, ~EM, method = "Wald")
  scale <- if (key$estimator == "linear") "additive" else "multiplicative"
  tests[[length(tests) + 1]] <<- data.frame(key, scale = scale, n = nrow(sample), f = as.numeric(test$Ftest),
                                            df = as.numeric(test$ddf), p_value = as.numeric(test$p))
  if (key$estimator == "linear") return()
  if (key$estimator == "poisson") {
    reri <- "exp(s * E + M + s * EM) - exp(s * E) - exp(M) + 1"
    ap <- "(exp(s * E + M + s * EM) - exp(s * E) - exp(M) + 1) / exp(s * E + M + s * EM)"
    synergy <- "log((exp(s * E + M + s * EM) - 1) / (exp(s * E) + exp(M) - 2))"
    contrast_of <- function(text) {
      text <- gsub("\\bs\\b", paste0("(", sign, ")"), text)
      svycontrast(fitted, str2lang(text))
    }
    defined <- (exp(sign * b[["E"]] + b[["M"]] + sign * b[["EM"]]) - 1) * (exp(sign * b[["E"]]) + exp(b[["M"]]) - 2) > 0
    state("reri", 2, key$exposure, contrast_of(reri))
    state("ap", 2, key$exposure, contrast_of(ap))
    if (defined) state("synergy", 2, key$exposure, contrast_of(synergy))
  }
  # Marginal prevalence differences among the people of each level, by the influence of each person.
  x <- model.matrix(fitted)
  inverse <- fitted$family$linkinv
  slope <- fitted$family$mu.eta
  with_exposure <- function(e) {
    x[, "E"] <- e
    x[, "EM"] <- (e - origin) * x[, "M"]
    x
  }
  own <- sample$variables$E
  x1 <- with_exposure(if (binary) 1 else own + sign)
  x0 <- with_exposure(if (binary) 0 else own)
  p1 <- inverse(drop(x1 %*% b))
  p0 <- inverse(drop(x0 %*% b))
  eta <- drop(x %*% b)
  bread <- solve(crossprod(x, w * slope(eta) * x))
  score <- (sample$variables[[key$outcome]] - inverse(eta)) * x
  influence <- list()
  difference <- c()
  for (m in 0:1) {
    inside <- sample$variables$M == m
    share <- w * inside / sum(w * inside)
    difference[m + 1] <- sum(share * (p1 - p0))
    gradient <- colSums(share * slope(drop(x1 %*% b)) * x1 - share * slope(drop(x0 %*% b)) * x0)
    influence[[m + 1]] <- inside * (p1 - p0 - difference[m + 1]) / sum(w * inside) + drop(score %*% (bread %*% gradient))
  }
  number <- function(measure, level, value, z) {
    inside <- sample$variables$M == (level - 1)
    one(key, measure, levels[level], key$exposure, sum(inside), sum(sample$variables[[key$outcome]][inside]), df, value,
        as.numeric(SE(svytotal(~.z, update(sample, .z = z)))))
  }
  number("difference", 1, difference[1], influence[[1]])
  number("difference", 2, difference[2], influence[[2]])
  number("difference_contrast", 2, difference[2] - difference[1], influence[[2]] - influence[[1]])
  t2 <- ((difference[2] - difference[1]) / rows[[length(rows)]]$se)^2
  tests[[length(tests) + 1]] <<- data.frame(key, scale = "additive", n = nrow(sample), f = t2, df = df,
                                            p_value = pf(t2, 1, df, lower.tail = FALSE))
}

for (outcome in c("grip_max_kg", "low_grip_ewgsop2", "chair_rise_difficulty", "anaemia_who")) {
  for (exposure in c("b12_low_148", "log2_b12", "mma_high_271", "log2_mma")) {
    for (modifier in c("by_sex", "by_age", "by_kidney", "by_supplement", "by_diabetes", "by_folate")) {
      for (estimator in if (is_binary(d[[outcome]])) c("poisson", "logistic") else "linear") {
        key <- data.frame(modifier = sub("by_", "", modifier), outcome = outcome, exposure = exposure,
                          estimator = estimator)
        sign <- if (exposure %in% names(CONTRAST)) CONTRAST[[exposure]] else 1
        covariates <- setdiff(SETS$clinical, c(REPLACED[[modifier]], outcome))
        by_subgroup(key, modifier, covariates, sign)
        compared(key, modifier, covariates, sign)
      }
    }
  }
}
write_golden(rows, file.path(args[2], "effect_modification.csv"))

# ------------------------------------------------------------------------------------------- adjusted for their number
tests <- do.call(rbind, tests)
family <- paste(tests$scale, tests$estimator)
tests$p_holm <- ave(tests$p_value, family, FUN = function(p) p.adjust(p, "holm"))
tests$p_bh <- ave(tests$p_value, family, FUN = function(p) p.adjust(p, "BH"))
write_golden(list(tests), file.path(args[2], "effect_modification_tests.csv"))
