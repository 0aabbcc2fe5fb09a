# Golden numbers for NHANES 1999-2002 and 2003-2006: every model of the grid without DXA, every prevalence.
#
# usage: Rscript tests/golden/fit_1999_2006.R <folder with CDC layout> <out dir>
#   <folder with CDC layout> holds Nchs/Data/Nhanes/Public/<begin year>/DataFiles/<TABLE>.xpt
# needs: r-cran-survey and r-cran-foreign (Debian). Not needed to run the tests.
#
# Independent of the Python package: it reads CDC's transport files itself and derives every variable by the words of
# the analysis plan. It writes estimates over people only, never a person's value, with 17 significant digits.

script <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
source(file.path(dirname(script), "common.R"))
args <- commandArgs(TRUE)
if (length(args) != 2) stop("usage: Rscript fit_1999_2006.R <folder with CDC layout> <out dir>")

# ---------------------------------------------------------------------------------------------------- source files
# Table -> its columns, by the names that they get here.
TABLES <- list(
  "1999" = list(
    DEMO = c(wt = "WTMEC4YR"),
    LAB06 = c(b12 = "LBDB12SI", mma = "LBXMMA", hcy = "LBXHCY"),
    LAB18 = c(scr = "LBXSCR"), LAB25 = c(hgb = "LBXHGB", mcv = "LBXMCVSI"), BMX = c(ht = "BMXHT", bmi = "BMXBMI"),
    DIQ = c(diq = "DIQ010"), SMQ = c(smq020 = "SMQ020", smq040 = "SMQ040"),
    PFQ = c(chair = "PFQ060I", mile = "PFQ060B", steps = "PFQ060C", device = "PFQ055"),
    DRXTOT = c(wt_diet = "WTDR4YR", recall = "DRDDRSTS", diet = "DRXTVB12"),
    MSX = c(walk_s = "MSXWTIME", force = "MSDPF", arm = "MSXARML"), LEXPN = c(left = "LEALPN", right = "LEARPN"),
    BAX = c(wt_balance = "WTSBA4YR", c4t1 = "BAXPFC41", c4t2 = "BAXPFC42"), DSQFILE1 = c(dsd010 = "DSD010")
  ),
  "2001" = list(
    DEMO_B = c(wt = "WTMEC4YR", wt2 = "WTMEC2YR"),
    L06_B = c(b12 = "LBDB12SI", mma = "LBXMMA", hcy = "LBDHCY"),
    L40_B = c(scr = "LBDSCR"), L25_B = c(hgb = "LBXHGB", mcv = "LBXMCVSI"), BMX_B = c(ht = "BMXHT", bmi = "BMXBMI"),
    DIQ_B = c(diq = "DIQ010"), SMQ_B = c(smq020 = "SMQ020", smq040 = "SMQ040"),
    PFQ_B = c(chair = "PFQ060I", mile = "PFQ060B", steps = "PFQ060C", device = "PFQ055"),
    DRXTOT_B = c(wt_diet = "WTDR4YR", recall = "DRDDRSTZ", diet = "DRXTVB12"), DSQ1_B = c(dsd010 = "DSD010"),
    MSX_B = c(walk_s = "MSXW20TM", force = "MSDPF", arm = "MSXARML"),
    LEXPN_B = c(left = "LEALPN", right = "LEARPN"),
    BAX_B = c(wt_balance = "WTSBA4YR", c4t1 = "BAXPFC41", c4t2 = "BAXPFC42")
  ),
  "2003" = list(
    DEMO_C = c(wt = "WTMEC2YR"),
    L06NB_C = c(b12 = "LBDB12SI"), L06MH_C = c(mma = "LBXMMA", hcy = "LBXHCY"),
    L40_C = c(scr = "LBXSCR"), L25_C = c(hgb = "LBXHGB", mcv = "LBXMCVSI"), BMX_C = c(ht = "BMXHT", bmi = "BMXBMI"),
    DIQ_C = c(diq = "DIQ010"), SMQ_C = c(smq020 = "SMQ020", smq040 = "SMQ040"),
    PFQ_C = c(chair = "PFQ061I", mile = "PFQ061B", steps = "PFQ061C", device = "PFQ054"),
    DR1TOT_C = c(wt_diet = "WTDRD1", recall = "DR1DRSTZ", diet = "DR1TVB12"), DSQ1_C = c(dsd010 = "DSD010"),
    LEXPN_C = c(left = "LEALPN", right = "LEARPN"), BAX_C = c(c4t1 = "BAXPFC41", c4t2 = "BAXPFC42")
  ),
  "2005" = list(
    DEMO_D = c(wt = "WTMEC2YR"),
    B12_D = c(b12 = "LBDB12SI"), HCY_D = c(hcy = "LBXHCY"),
    BIOPRO_D = c(scr = "LBXSCR"), CBC_D = c(hgb = "LBXHGB", mcv = "LBXMCVSI"), BMX_D = c(ht = "BMXHT", bmi = "BMXBMI"),
    DIQ_D = c(diq = "DIQ010"), SMQ_D = c(smq020 = "SMQ020", smq040 = "SMQ040"),
    PFQ_D = c(chair = "PFQ061I", mile = "PFQ061B", steps = "PFQ061C", device = "PFQ054"),
    DR1TOT_D = c(wt_diet = "WTDRD1", recall = "DR1DRSTZ", diet = "DR1TVB12"), DSQ1_D = c(dsd010 = "DSD010")
  )
)
PERSON <- c("RIAGENDR", "RIDAGEYR", "RIDRETH1", "DMDEDUC2", "INDFMPIR", "SDMVPSU", "SDMVSTRA")
MEASURED <- c("wt", "wt2", "b12", "mma", "hcy", "scr", "hgb", "mcv", "ht", "bmi", "diq", "smq020", "smq040", "chair",
              "mile", "steps", "device", "walk_s", "force", "arm", "left", "right", "wt_balance", "c4t1", "c4t2",
              "wt_diet", "recall", "diet", "dsd010", "supplement", "treated")
SUPPLEMENTS <- c("1999" = "DSQFILE2", "2001" = "DSQ2_B", "2003" = "DSQ2_C", "2005" = "DSQ2_D")
PRESCRIPTIONS <- c("2001" = "RXQ_RX_B", "2003" = "RXQ_RX_C", "2005" = "RXQ_RX_D")

known_if <- function(has, answered) ifelse(has, TRUE, ifelse(answered, FALSE, NA))

# Rows of the supplements taken whose product has vitamin B12 among its ingredients.
supplements_with_b12 <- function(year) {
  products <- read_table(args[1], "DSPI", 1999)[c("DSDPID", "DSDSUPID")]
  ingredients <- read_table(args[1], "DSII", 1999)
  with_b12 <- ingredients$DSDPID[trimws(ingredients$DSDINGR) %in% c("VITAMIN B-12", "COENZYME B12")]
  of_b12 <- products$DSDSUPID[products$DSDPID %in% with_b12 & !is.na(products$DSDSUPID)]
  taken <- read_table(args[1], SUPPLEMENTS[[year]], year)
  taken[taken$DSDSUPID %in% of_b12, ]
}

# On prescribed vitamin B12: a prescription of d00413. CDC moved the prescribed vitamins of 1999-2000 to the supplements
# (no d00413 is left there); what cannot be bought without one is the injection (dosage form 5).
add_treatments <- function(people, year) {
  taken <- supplements_with_b12(year)
  asked <- people$dsd010 %in% c(1, 2)
  people$supplement <- known_if(people$SEQN %in% taken$SEQN, asked)
  if (year == "1999") {
    people$treated <- known_if(people$SEQN %in% taken$SEQN[taken$DSD120U %in% 5], asked)
  } else {
    rx <- read_table(args[1], PRESCRIPTIONS[[year]], year)
    answered <- rx$SEQN[rx[[if (year == "2001") "RXD030" else "RXDUSE"]] %in% c(1, 2)]
    people$treated <- known_if(people$SEQN %in% rx$SEQN[rx$RXDDRGID %in% "d00413"], people$SEQN %in% answered)
  }
  people
}

read_cycle <- function(year) {
  people <- NULL
  for (table in names(TABLES[[year]])) {
    columns <- TABLES[[year]][[table]]
    frame <- read_table(args[1], table, year)
    if (is.null(people)) people <- frame[c("SEQN", PERSON)]
    part <- frame[c("SEQN", columns)]
    names(part) <- c("SEQN", names(columns))
    people <- merge(people, part, by = "SEQN", all.x = TRUE)
  }
  people <- add_treatments(people, year)
  people[setdiff(MEASURED, names(people))] <- NA
  people$year <- year
  people[c("SEQN", PERSON, MEASURED, "year")]
}

# ------------------------------------------------------------------------------------ variables, by the plan's words
# Cohort of two cycles; what a cycle did not measure is missing there.
derive <- function(years, weight_factor) {
  raw <- do.call(rbind, lapply(years, read_cycle))
  of <- function(year, then, other) ifelse(raw$year == year, then, other)
  male <- raw$RIAGENDR == 1
  d <- data.frame(
    cycle = factor(raw$year), stratum = raw$SDMVSTRA, psu = raw$SDMVPSU, weight = raw$wt * weight_factor,
    age = raw$RIDAGEYR, sex = factor(ifelse(male, "male", "female"), c("male", "female")),
    race = race_of(raw$RIDRETH1), education = education_of(raw$DMDEDUC2), pir = raw$INDFMPIR, height_cm = raw$ht,
    bmi = raw$bmi, smoking = smoking_of(raw$smq020, raw$smq040), diabetes = code(raw$diq, "1" = 1, "2" = 0, "3" = 0)
  )
  creatinine <- of("1999", 1.013 * raw$scr + 0.147, of("2005", -0.016 + 0.978 * raw$scr, raw$scr))
  d$egfr <- ckd_epi_2021(creatinine, d$age, male)
  d$in_domain <- d$age >= 65 & d$weight > 0

  b12 <- raw$b12
  mma <- round(raw$mma * 1000, 1)
  hcy <- of("1999", 10^(0.983 * log10(raw$hcy) + 0.0418), raw$hcy)
  d$b12_low_148 <- as.numeric(b12 < 148)
  d$b12_low_equiv <- d$b12_low_148 # this is the Bio-Rad assay itself: the same people
  d$b12_status <- b12_status_of(b12, raw$treated)
  d$log2_b12 <- log2(b12)
  d$mma_high_271 <- as.numeric(mma > 271)
  d$log2_mma <- log2(mma)
  d$hcy_high_15 <- as.numeric(hcy > 15)
  d$log2_hcy <- log2(hcy)
  d$b12_functional <- as.numeric(b12 < 221 & mma > 271) # R's & is three-valued
  d$b12_functional[raw$year == "2005"] <- NA # one marker of the two: nobody can be told, not only those below 221
  design <- whole_design(d)
  d$b12_index <- (zscore(design, log(b12)) + zscore(design, -log(mma)) + zscore(design, -log(hcy))) / 3

  d$knee_strength_n <- raw$force
  d$knee_torque_nm <- raw$force * ifelse(raw$arm >= 15 & raw$arm <= 50, raw$arm / 100, NA)
  speed <- 6.096 / raw$walk_s # 20 feet
  speed[!is.na(speed) & (speed < 0.1 | speed > 2.5)] <- NA
  d$gait_speed_ms <- speed
  d$slow_gait_ewgsop2 <- as.numeric(speed <= 0.8)
  d$slow_gait_awgs2019 <- as.numeric(speed < 1)
  d$chair_rise_difficulty <- code(raw$chair, "1" = 0, "2" = 1, "3" = 1, "4" = 1)
  # Who needs equipment to walk is not asked about the quarter of a mile and the ten steps.
  difficulty <- function(x) ifelse(raw$device %in% 1 | x %in% 2:4, 1, ifelse(x %in% 1, 0, NA))
  d$walking_difficulty <- difficulty(raw$mile)
  d$stairs_difficulty <- difficulty(raw$steps)
  left <- ifelse(raw$left == -1, NA, raw$left)
  right <- ifelse(raw$right == -1, NA, raw$right)
  d$neuropathy_monofilament <- as.numeric(left >= 1 | right >= 1)
  passed <- raw$c4t1 %in% 1 | raw$c4t2 %in% 1
  d$balance_fail <- ifelse(passed, 0, ifelse(raw$c4t1 %in% 2 | raw$c4t2 %in% 2, 1, NA))
  d$anaemia_who <- as.numeric(raw$hgb < ifelse(male, 13, 12))
  d$macrocytosis <- as.numeric(raw$mcv > 100)

  d$b12_supplement_use <- as.numeric(raw$supplement)
  d$diet_b12_enough <- ifelse(raw$recall %in% 1, as.numeric(raw$diet >= 2.4), NA)
  d$weight_diet <- ifelse(is.na(raw$wt_diet), 0, raw$wt_diet * weight_factor)

  # CDC's weight for the balance test of both cycles covers 40-69; from 70 only 2001-2002 was tested.
  d$weight_balance <- d$weight
  if ("1999" %in% years) {
    older <- ifelse(raw$year == "2001", raw$wt2, 0)
    d$weight_balance <- ifelse(d$age >= 70, older, raw$wt_balance)
    d$weight_balance[is.na(d$weight_balance)] <- 0
  }
  d
}

# ---------------------------------------------------------------------------------------------------------- numbers
EXPOSURES <- c("b12_low_148", "b12_status", "log2_b12", "b12_low_equiv", "mma_high_271", "log2_mma", "hcy_high_15",
               "log2_hcy", "b12_functional", "b12_index")
DISCRETE_EXPOSURES <- setdiff(EXPOSURES, c("log2_b12", "log2_mma", "log2_hcy", "b12_index"))
SOURCES <- c("b12_supplement_use", "diet_b12_enough") # described only
FUNCTION_1999 <- c("knee_strength_n", "knee_torque_nm", "gait_speed_ms", "slow_gait_ewgsop2", "slow_gait_awgs2019")
OUTCOMES <- c("chair_rise_difficulty", "walking_difficulty", "stairs_difficulty", "neuropathy_monofilament",
              "balance_fail", "anaemia_who", "macrocytosis", "log2_mma", "log2_hcy", "height_cm")

write_cohort <- function(name, years, weight_factor, outcomes) {
  d <- derive(years, weight_factor)
  weights <- c(balance_fail = "weight_balance", diet_b12_enough = "weight_diet") # measured in a part of the sample
  designs <- lapply(c(full = "weight", weights), function(weight) whole_design(d, weight))
  design_of <- function(variable) designs[[if (variable %in% names(weights)) variable else "full"]]
  out <- function(what) file.path(args[2], paste0(what, "_", name, ".csv"))
  write_golden(fit_grid(design_of, outcomes, EXPOSURES), out("fit"))
  binary <- Filter(function(outcome) is_binary(d[[outcome]]), outcomes)
  write_golden(prevalences(design_of, c(DISCRETE_EXPOSURES, SOURCES, binary)), out("prevalence"))
}

write_cohort("1999_2002", c("1999", "2001"), 1, c(FUNCTION_1999, OUTCOMES)) # WTMEC4YR
write_cohort("2003_2006", c("2003", "2005"), 1 / 2, OUTCOMES) # WTMEC2YR / 2
