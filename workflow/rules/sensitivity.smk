# Required inputs: results/<run>/<cohort>/{analysis,analysis_imputed}.parquet
# Outputs: results/<run>/reliability.csv, results/<run>/<cohort>/{sensitivity,e_values,measurement_error,bias_analysis,
#          untested,controls}.csv


rule reliability:
    input:
        **measured_twice(),
    output:
        reliability=f"{RUN}/reliability.csv",
    params:
        parts=uses("analysis.sensitivity"),
        code=code("reliability.py"),
    log:
        f"{RUN}/logs/reliability.log",
    resources:
        mem_mb=500,
        runtime=5,
    message:
        "Say how reliable one measurement of each marker is"
    script:
        "../../scripts/reliability.py"


rule sensitivity:
    input:
        frame=of_persons("analysis.parquet"),
        imputed=of_persons("analysis_imputed.parquet"),
        reliability=rules.reliability.output.reliability,
    output:
        options=f"{RUN}/{{cohort}}/sensitivity.csv",
        e_values=f"{RUN}/{{cohort}}/e_values.csv",
        measurement_error=f"{RUN}/{{cohort}}/measurement_error.csv",
        bias_analysis=f"{RUN}/{{cohort}}/bias_analysis.csv",
        untested=f"{RUN}/{{cohort}}/untested.csv",
        controls=f"{RUN}/{{cohort}}/controls.csv",
    params:
        parts=uses(
            "config.seed",
            "cohorts",
            "dictionary",
            "definitions",
            "analysis.population",
            "analysis.models",
            "analysis.adjustment_sets",
            "analysis.describe",
            "analysis.headline",
            "analysis.sensitivity",
            "analysis.confidence_level",
        ),
        code=code("sensitivity.py"),
    log:
        f"{RUN}/logs/{{cohort}}/sensitivity.log",
    resources:
        mem_mb=1500,
        runtime=30,
    message:
        "See how much the estimates of {wildcards.cohort} depend on what was decided"
    script:
        "../../scripts/sensitivity.py"
