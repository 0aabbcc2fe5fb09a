# Required inputs: results/<run>/<cohort>/{analysis,analysis_imputed,completed}.parquet
# Outputs: results/<run>/<cohort>/{estimates,not_estimable,model_notes,imputation}.csv, results/<run>/estimates.csv


rule fit:
    input:
        frame=of_persons("analysis.parquet"),
        imputed=of_persons("analysis_imputed.parquet"),
        completed=of_persons("completed.parquet"),
    output:
        estimates=f"{RUN}/{{cohort}}/estimates.csv",
        not_estimable=f"{RUN}/{{cohort}}/not_estimable.csv",
        notes=f"{RUN}/{{cohort}}/model_notes.csv",
        imputation=f"{RUN}/{{cohort}}/imputation.csv",
    params:
        parts=uses(
            "cohorts",
            "dictionary",
            "definitions",
            "analysis.population",
            "analysis.models",
            "analysis.adjustment_sets",
            "analysis.describe",
            "analysis.confidence_level",
        ),
        code=code("fit.py"),
    log:
        f"{RUN}/logs/{{cohort}}/fit.log",
    resources:
        mem_mb=1500,
        runtime=30,
    message:
        "Fit every model of {wildcards.cohort}"
    script:
        "../../scripts/fit.py"


rule combine:
    input:
        estimates=of_cohorts("estimates.csv"),
    output:
        estimates=f"{RUN}/estimates.csv",
    params:
        parts=uses("analysis.families"),
        code=code("combine.py"),
    log:
        f"{RUN}/logs/combine.log",
    resources:
        mem_mb=500,
        runtime=5,
    message:
        "Combine the estimates and adjust for multiple testing"
    script:
        "../../scripts/combine.py"
