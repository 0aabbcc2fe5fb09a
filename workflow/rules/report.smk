# Required inputs: every table of every cohort, results/<run>/estimates.csv
# Outputs: results/<run>/{figures/,tables/,headline.txt,provenance.json,report.html,ro-crate-metadata.json}


rule figures:
    input:
        results=run_tables(),
    output:
        figures=report(
            directory(f"{RUN}/figures"),
            patterns=["{name}.svg"],
            caption="../report/figure.rst",
            category="Figures",
            labels={"figure": "{name}"},
        ),
    params:
        parts=uses("config.cohorts", "config.figure_formats", "dictionary", "definitions", "analysis", "evidence", "standard_population", "cohorts"),
        code=code("figures.py"),
    log:
        f"{RUN}/logs/figures.log",
    resources:
        mem_mb=1500,
        runtime=10,
    message:
        "Draw the figures"
    script:
        "../../scripts/figures.py"


rule provenance:
    input:
        sources=of_cohorts("sources.json"),
    output:
        provenance=f"{RUN}/provenance.json",
    params:
        parts=uses("config", "dictionary", "assays", "definitions", "analysis", "evidence", "claims", "standard_population", "cohorts"),
        code=code("provenance.py"),
    log:
        f"{RUN}/logs/provenance.log",
    resources:
        mem_mb=500,
        runtime=5,
    message:
        "Write down where every number comes from"
    script:
        "../../scripts/provenance.py"


rule report:
    input:
        results=run_tables(),
        figures=rules.figures.output.figures,
        further=claims_outputs() + reproduction_outputs(),
        provenance=rules.provenance.output.provenance,
    output:
        report=report(f"{RUN}/report.html", caption="../report/report.rst", category="Report"),
        tables=directory(f"{RUN}/tables"),
        headline=f"{RUN}/headline.txt",
    params:
        parts=uses("config.run", "config.cohorts", "config.figure_formats", "config.reproductions", "claims", "dictionary", "definitions", "analysis", "evidence", "standard_population", "cohorts"),
        code=code("report.py"),
    log:
        f"{RUN}/logs/report.log",
    resources:
        mem_mb=1000,
        runtime=10,
    message:
        "Write the report"
    script:
        "../../scripts/report.py"


rule crate:
    input:
        outputs=lambda wildcards: [path for path in all_outputs() if path != f"{RUN}/ro-crate-metadata.json"],
    output:
        crate=f"{RUN}/ro-crate-metadata.json",
    params:
        parts=uses("config.run", "config.cohorts", "cohorts"),
        code=code("crate.py"),
    log:
        f"{RUN}/logs/crate.log",
    resources:
        mem_mb=500,
        runtime=5,
    message:
        "Describe the run for archives (RO-Crate)"
    script:
        "../../scripts/crate.py"
