# Required inputs: results/<run>/estimates.csv, results/<run>/<cohort>/prevalence.csv, analysis.parquet of each cohort
# Outputs: results/<run>/<cohort>/{claim_estimates,claim_prevalence}.csv, results/<run>/{claims,claims_evidence}.csv


rule fit_claims:
    input:
        frame=of_persons("analysis.parquet"),
        imputed=of_persons("analysis_imputed.parquet"),
    output:
        estimates=f"{RUN}/{{cohort}}/claim_estimates.csv",
        prevalence=f"{RUN}/{{cohort}}/claim_prevalence.csv",
    params:
        parts=uses(
            "cohorts",
            "dictionary",
            "definitions",
            "claims",
            "analysis.population",
            "analysis.models",
            "analysis.adjustment_sets",
            "analysis.describe",
            "analysis.confidence_level",
        ),
        code=code("fit_claims.py"),
    log:
        f"{RUN}/logs/{{cohort}}/fit_claims.log",
    resources:
        mem_mb=1500,
        runtime=10,
    message:
        "Fit what only the claims need in {wildcards.cohort}"
    script:
        "../../scripts/fit_claims.py"


rule claims:
    input:
        unpack(spoken_to_claims),
    output:
        claims=f"{RUN}/claims.csv",
        evidence=f"{RUN}/claims_evidence.csv",
    params:
        parts=uses("config.cohorts", "cohorts", "claims", "analysis.models", "analysis.headline"),
        code=code("claims.py"),
    log:
        f"{RUN}/logs/claims.log",
    resources:
        mem_mb=1000,
        runtime=5,
    message:
        "Judge the claims by their rule"
    script:
        "../../scripts/claims.py"
