# Required inputs: results/<run>/<cohort>/harmonised.parquet
# Outputs: results/<run>/<cohort>/{analysis.parquet,flow.csv,definitions.csv}


rule derive:
    input:
        frame=f"{RUN}/{{cohort}}/harmonised.parquet",
    output:
        frame=f"{RUN}/{{cohort}}/analysis.parquet",
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
