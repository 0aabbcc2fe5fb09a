# Required inputs: results/<run>/<cohort>/{analysis,analysis_imputed}.parquet
# Outputs: results/<run>/<cohort>/{table1.csv,prevalence.csv,missingness.csv}, and of cohorts that are followed over
#          their survey cycles {over_time.csv,trends.csv}


rule describe:
    input:
        frame=of_persons("analysis.parquet"),
        imputed=of_persons("analysis_imputed.parquet"),
    output:
        table1=f"{RUN}/{{cohort}}/table1.csv",
        prevalence=f"{RUN}/{{cohort}}/prevalence.csv",
        missingness=f"{RUN}/{{cohort}}/missingness.csv",
    params:
        parts=uses(
            "cohorts",
            "dictionary",
            "definitions",
            "analysis.population",
            "analysis.describe",
            "analysis.confidence_level",
        ),
        code=code("describe.py"),
    log:
        f"{RUN}/logs/{{cohort}}/describe.log",
    resources:
        mem_mb=1000,
        runtime=5,
    message:
        "Describe {wildcards.cohort}"
    script:
        "../../scripts/describe.py"


rule over_time:
    input:
        frame=of_persons("analysis.parquet"),
    output:
        by_cycle=f"{RUN}/{{cohort}}/over_time.csv",
        trends=f"{RUN}/{{cohort}}/trends.csv",
    params:
        parts=uses(
            "cohorts",
            "dictionary",
            "definitions",
            "standard_population",
            "analysis.over_time",
            "analysis.describe",
            "analysis.confidence_level",
        ),
        code=code("over_time.py"),
    log:
        f"{RUN}/logs/{{cohort}}/over_time.log",
    resources:
        mem_mb=1000,
        runtime=5,
    message:
        "Follow the prevalences of {wildcards.cohort} over its survey cycles"
    script:
        "../../scripts/over_time.py"
