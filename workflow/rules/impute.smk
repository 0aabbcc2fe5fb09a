# Required inputs: results/<run>/<cohort>/{analysis,analysis_imputed}.parquet
# Outputs: results/<run>/<cohort>/{completed.parquet,imputation_diagnostics.csv,imputation_chains.csv}; the persons of a
#          restricted cohort in data/interim/<run>/<cohort>/, before and after


rule impute:
    input:
        frame=of_persons("analysis.parquet"),
        imputed=of_persons("analysis_imputed.parquet"),
    output:
        completed=persons("completed.parquet"),
        diagnostics=f"{RUN}/{{cohort}}/imputation_diagnostics.csv",
        chains=f"{RUN}/{{cohort}}/imputation_chains.csv",
    wildcard_constraints:
        cohort=those_with_access("public"),
    params:
        parts=uses(
            "cohorts",
            "dictionary",
            "definitions",
            "analysis.population",
            "analysis.adjustment_sets",
            "analysis.models",
            "analysis.imputation",
            "config.seed",
        ),
        code=code("impute.py"),
    log:
        f"{RUN}/logs/{{cohort}}/impute.log",
    resources:
        mem_mb=1500,
        runtime=10,
    message:
        "Impute what is missing in {wildcards.cohort}"
    script:
        "../../scripts/impute.py"


use rule impute as impute_restricted with:
    output:
        completed=persons("completed.parquet", restricted=True),
        diagnostics=f"{RUN}/{{cohort}}/imputation_diagnostics.csv",
        chains=f"{RUN}/{{cohort}}/imputation_chains.csv",
    wildcard_constraints:
        cohort=those_with_access("restricted"),
