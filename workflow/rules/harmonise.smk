# Required inputs: results/<run>/<cohort>/{sources.json,codebook_check.csv} (only checked tables go on), tables in data/raw
# Outputs: results/<run>/<cohort>/{harmonised.parquet,harmonised_imputed.parquet,harmonisation.csv}; the persons of a
#          restricted cohort in data/interim/<run>/<cohort>/


rule harmonise:
    input:
        sources=f"{RUN}/{{cohort}}/sources.json",
        check=f"{RUN}/{{cohort}}/codebook_check.csv",
    output:
        frame=persons("harmonised.parquet"),
        imputed=persons("harmonised_imputed.parquet"),
        report=f"{RUN}/{{cohort}}/harmonisation.csv",
    wildcard_constraints:
        cohort=those_with_access("public"),
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


use rule harmonise as harmonise_restricted with:
    output:
        frame=persons("harmonised.parquet", restricted=True),
        imputed=persons("harmonised_imputed.parquet", restricted=True),
        report=f"{RUN}/{{cohort}}/harmonisation.csv",
    wildcard_constraints:
        cohort=those_with_access("restricted"),
