# Required inputs: results/<run>/<cohort>/{harmonised.parquet,harmonised_imputed.parquet}
# Outputs: results/<run>/<cohort>/{analysis.parquet,analysis_imputed.parquet,flow.csv,definitions.csv}


rule derive:
    input:
        frame=f"{RUN}/{{cohort}}/harmonised.parquet",
        imputed=f"{RUN}/{{cohort}}/harmonised_imputed.parquet",
    output:
        frame=f"{RUN}/{{cohort}}/analysis.parquet",
        imputed=f"{RUN}/{{cohort}}/analysis_imputed.parquet",
        flow=f"{RUN}/{{cohort}}/flow.csv",
        definitions=f"{RUN}/{{cohort}}/definitions.csv",
    params:
        parts=uses(
            "cohorts",
            "dictionary",
            "definitions",
            "analysis.population",
            "analysis.adjustment_sets",
            "analysis.models",
        ),
        code=code("derive.py"),
    log:
        f"{RUN}/logs/{{cohort}}/derive.log",
    resources:
        mem_mb=1000,
        runtime=5,
    message:
        "Derive exposures, outcomes and covariates of {wildcards.cohort}"
    script:
        "../../scripts/derive.py"
