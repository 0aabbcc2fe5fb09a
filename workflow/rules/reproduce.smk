# Required inputs: config/reproductions/*.yaml, the receipts of the tables that these are computed from
# Outputs: results/<run>/reproduction/<id>.csv, results/<run>/reproduction.{csv,svg,png}


rule reproduce_table:
    input:
        receipts=receipts_of_study,
    output:
        table=f"{RUN}/reproduction/{{reproduction}}.csv",
    params:
        parts=study_parts,
        code=code("reproduce_table.py"),
    log:
        f"{RUN}/logs/reproduction/{{reproduction}}.log",
    resources:
        mem_mb=1000,
        runtime=10,
    message:
        "Compute the published table {wildcards.reproduction} again"
    script:
        "../../scripts/reproduce_table.py"


# `snakemake reproduce` asks for this rule by its name.
rule reproduce:
    input:
        tables=reproduced(),
    output:
        table=f"{RUN}/reproduction.csv",
        svg=f"{RUN}/reproduction.svg",
        pdf=f"{RUN}/reproduction.pdf",
        png=f"{RUN}/reproduction.png",
    params:
        code=code("reproduce.py"),
    log:
        f"{RUN}/logs/reproduce.log",
    resources:
        mem_mb=1000,
        runtime=5,
    message:
        "Compare what was published with what was computed"
    script:
        "../../scripts/reproduce.py"
