# Required inputs: results/<run>/<cohort>/{sources.json,codebook_check.csv} (only checked tables go on), tables in data/raw
# Outputs: results/<run>/<cohort>/{harmonised.parquet,harmonised_imputed.parquet,harmonisation.csv}


rule harmonise:
    input:
        sources=f"{RUN}/{{cohort}}/sources.json",
        check=f"{RUN}/{{cohort}}/codebook_check.csv",
    output:
        frame=f"{RUN}/{{cohort}}/harmonised.parquet",
        imputed=f"{RUN}/{{cohort}}/harmonised_imputed.parquet",
        report=f"{RUN}/{{cohort}}/harmonisation.csv",
    params:
        parts=uses("cohorts", "dictionary", "assays"),
        code=code("harmonise.py"),
    log:
        f"{RUN}/logs/{{cohort}}/harmonise.log",
    resources:
        mem_mb=1000,
        runtime=5,
    message:
        "Harmonise {wildcards.cohort}"
    script:
        "../../scripts/harmonise.py"
