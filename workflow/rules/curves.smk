# Required inputs: results/<run>/<cohort>/{analysis,analysis_imputed,completed}.parquet
# Outputs: results/<run>/<cohort>/{dose_response,dose_response_tests,dose_response_distribution,marginal_effects}.csv


rule dose_response:
    input:
        frame=of_persons("analysis.parquet"),
        imputed=of_persons("analysis_imputed.parquet"),
        completed=of_persons("completed.parquet"),
    output:
        curves=f"{RUN}/{{cohort}}/dose_response.csv",
        tests=f"{RUN}/{{cohort}}/dose_response_tests.csv",
        distribution=f"{RUN}/{{cohort}}/dose_response_distribution.csv",
    params:
        parts=uses(
            "cohorts",
            "dictionary",
            "definitions",
            "analysis.population",
            "analysis.models",
            "analysis.adjustment_sets",
            "analysis.describe",
            "analysis.dose_response",
            "analysis.confidence_level",
        ),
        code=code("dose_response.py"),
    log:
        f"{RUN}/logs/{{cohort}}/dose_response.log",
    resources:
        mem_mb=1500,
        runtime=10,
    message:
        "Fit the dose-response curves of {wildcards.cohort}"
    script:
        "../../scripts/dose_response.py"


rule marginal_effects:
    input:
        frame=of_persons("analysis.parquet"),
        imputed=of_persons("analysis_imputed.parquet"),
        completed=of_persons("completed.parquet"),
    output:
        effects=f"{RUN}/{{cohort}}/marginal_effects.csv",
    params:
        parts=uses(
            "cohorts",
            "dictionary",
            "definitions",
            "analysis.population",
            "analysis.models",
            "analysis.adjustment_sets",
            "analysis.describe",
            "analysis.marginal_effects",
            "analysis.confidence_level",
        ),
        code=code("marginal_effects.py"),
    log:
        f"{RUN}/logs/{{cohort}}/marginal_effects.log",
    resources:
        mem_mb=1500,
        runtime=30,
    message:
        "Standardise the models of {wildcards.cohort}"
    script:
        "../../scripts/marginal_effects.py"
