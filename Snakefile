# The only entry point. Plain `snakemake` runs everything with config/config.yaml (profiles/default sets the cores);
# `snakemake --configfile config/demo.yaml` runs the demonstration. How it works: docs/explanation/architecture.md.
from snakemake.utils import min_version

min_version("9.27")


configfile: "config/config.yaml"


include: "workflow/rules/common.smk"


quote_interpreter()
PROJECT = checked_project(config)
RUN = f"{PROJECT.config.results_dir}/{PROJECT.config.run}"
STUDIES = studies(PROJECT)
SOURCES = checked_sources(PROJECT, RUN)


wildcard_constraints:
    cohort="|".join(PROJECT.cohorts),
    archive="[a-z0-9_]+",
    cycle="[^/]+",
    table=".+",
    reproduction="[a-z][a-z0-9_]*",


# Every output is asked for by name: Snakemake does not make a missing file again if only what follows from it is wanted.
rule all:
    input:
        all_outputs(),
    message:
        "All outputs are in results/"


include: "workflow/rules/acquire.smk"
include: "workflow/rules/harmonise.smk"
include: "workflow/rules/derive.smk"
include: "workflow/rules/impute.smk"
include: "workflow/rules/describe.smk"
include: "workflow/rules/fit.smk"
include: "workflow/rules/effect_modification.smk"
include: "workflow/rules/curves.smk"
include: "workflow/rules/sensitivity.smk"
include: "workflow/rules/synthesise.smk"
include: "workflow/rules/multiverse.smk"
include: "workflow/rules/claims.smk"
include: "workflow/rules/reproduce.smk"
include: "workflow/rules/report.smk"


onsuccess:
    print_success()


onerror:
    print_failure(log)
