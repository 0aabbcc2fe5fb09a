# Required inputs: cohorts/<id>/cohort.yaml; the archive's server, or its tables in data/raw/<archive>/<cycle>/
# Outputs: results/<run>/receipts/<archive>/<cycle>/<TABLE>.json, results/<run>/<cohort>/{codebook_check.csv,sources.json}


rule make_synthetic:
    input:
        population="cohorts/{cohort}/population.yaml",
    output:
        archive=directory(f"{RUN}/archive/{{cohort}}"),
    params:
        parts=uses("cohorts"),
        code=code("make_synthetic.py"),
    log:
        f"{RUN}/logs/{{cohort}}/make_synthetic.log",
    resources:
        mem_mb=1000,
        runtime=5,
    message:
        "Make the people of {wildcards.cohort} (SYNTHETIC DATA)"
    script:
        "../../scripts/make_synthetic.py"


# The tables lie in data/raw and are no output, so that Snakemake never deletes a file that somebody put there. On a
# cluster this runs where Snakemake does: compute nodes often have no network.
rule fetch:
    localrule: True
    input:
        unpack(archive_files),
    output:
        receipt=f"{RUN}/receipts/{{archive}}/{{cycle}}/{{table}}.json",
    params:
        folder=raw_folder,
        found=found,
        source=source,
        how=how,
        restricted=restricted,
        code=code("fetch.py"),
    log:
        f"{RUN}/logs/fetch/{{archive}}/{{cycle}}/{{table}}.log",
    resources:
        mem_mb=500,
        runtime=30,
    message:
        "Fetch {wildcards.table} ({wildcards.archive} {wildcards.cycle})"
    script:
        "../../scripts/fetch.py"


rule check_codebook:
    input:
        receipts=receipts,
    output:
        check=f"{RUN}/{{cohort}}/codebook_check.csv",
        sources=f"{RUN}/{{cohort}}/sources.json",
    params:
        parts=uses("cohorts", "config.codebook_check"),
        lock="cohorts/{cohort}/sources.lock",
        code=code("check_codebook.py"),
    log:
        f"{RUN}/logs/{{cohort}}/check_codebook.log",
    resources:
        mem_mb=1000,
        runtime=5,
    message:
        "Check {wildcards.cohort} against the codebook"
    script:
        "../../scripts/check_codebook.py"
