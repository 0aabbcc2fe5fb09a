# Required inputs: results/<run>/<cohort>/{harmonised,harmonised_imputed}.parquet
# Outputs: results/<run>/<cohort>/{analysis.parquet,analysis_imputed.parquet,flow.csv,definitions.csv}; the persons of a
#          restricted cohort in data/interim/<run>/<cohort>/, before and after


rule derive:
    input:
        frame=of_persons("harmonised.parquet"),
        imputed=of_persons("harmonised_imputed.parquet"),
    output:
        frame=persons("analysis.parquet"),
        imputed=persons("analysis_imputed.parquet"),
        flow=f"{RUN}/{{cohort}}/flow.csv",
        definitions=f"{RUN}/{{cohort}}/definitions.csv",
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


use rule derive as derive_restricted with:
    output:
        frame=persons("analysis.parquet", restricted=True),
        imputed=persons("analysis_imputed.parquet", restricted=True),
        flow=f"{RUN}/{{cohort}}/flow.csv",
        definitions=f"{RUN}/{{cohort}}/definitions.csv",
    wildcard_constraints:
        cohort=those_with_access("restricted"),
