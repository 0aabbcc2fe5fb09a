# Required inputs: results/<run>/<cohort>/definitions.csv, results/<run>/estimates.csv
# Outputs: results/<run>/{feasibility,meta}.csv


rule feasibility:
    input:
        definitions=of_cohorts("definitions.csv"),
    output:
        feasibility=f"{RUN}/feasibility.csv",
    params:
        parts=uses("cohorts", "dictionary", "definitions", "analysis.population", "analysis.models"),
        code=code("feasibility.py"),
    log:
        f"{RUN}/logs/feasibility.log",
    resources:
        mem_mb=500,
        runtime=5,
    message:
        "Say which cohort can answer which definition"
    script:
        "../../scripts/feasibility.py"


rule synthesise:
    input:
        estimates=f"{RUN}/estimates.csv",
    output:
        meta=f"{RUN}/meta.csv",
    params:
        parts=uses("cohorts", "analysis.confidence_level", "analysis.synthesis"),
        code=code("synthesise.py"),
    log:
        f"{RUN}/logs/synthesise.log",
    resources:
        mem_mb=500,
        runtime=10,
    message:
        "Put the estimates of different cohorts together"
    script:
        "../../scripts/synthesise.py"
