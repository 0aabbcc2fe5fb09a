# Functions only: what the rules ask while Snakemake plans. Nothing here runs as a job.
import os
import shlex
import sys
from pathlib import Path

ROOT = Path(workflow.basedir)
# First, and in every job too: the command b12sarc is installed from a checkout, which need not be this one.
sys.path.insert(0, str(ROOT / "scripts"))
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT / "scripts"), os.environ.get("PYTHONPATH")]))

from b12sarc.codedigest import code_digest
from b12sarc.download import Download
from b12sarc.errors import user_errors
from b12sarc.persons import person_file, person_file_of
from b12sarc.sources import Key, state, table_sources, tables
from b12sarc.spec.loading import load_project
from b12sarc.spec.parts import parts_of
from b12sarc.spec.study import studies

COHORT_OUTPUTS = (
    "codebook_check.csv sources.json harmonisation.csv flow.csv definitions.csv "
    "table1.csv prevalence.csv missingness.csv estimates.csv not_estimable.csv model_notes.csv imputation.csv "
    "imputation_diagnostics.csv imputation_chains.csv"
).split()
# Files with a row for each person: in results/ for public cohorts only (b12sarc.persons says how to add one).
PERSON_OUTPUTS = (
    "harmonised.parquet harmonised_imputed.parquet analysis.parquet analysis_imputed.parquet completed.parquet"
).split()
RUN_OUTPUTS = (
    "estimates.csv feasibility.csv meta.csv headline.txt provenance.json report.html figures tables "
    "ro-crate-metadata.json"
).split()
SENSITIVITY_OUTPUTS = (
    "sensitivity.csv e_values.csv measurement_error.csv bias_analysis.csv untested.csv controls.csv"
).split()
CLAIMS_OUTPUTS = "claims.csv claims_evidence.csv".split()
REPRODUCTION_OUTPUTS = "reproduction.csv reproduction.svg reproduction.pdf reproduction.png".split()
OVER_TIME_OUTPUTS = "over_time.csv trends.csv".split()
DOSE_RESPONSE_OUTPUTS = "dose_response.csv dose_response_tests.csv dose_response_distribution.csv".split()
MARGINAL_OUTPUTS = ["marginal_effects.csv"]
MULTIVERSE_PARTS = "multiverse.parquet multiverse_left_out.csv".split()
MULTIVERSE_OUTPUTS = "multiverse.parquet multiverse_left_out.csv multiverse_summary.csv".split()


def quote_interpreter():
    """Let `script:` work where Python's path has a space (snakemake/snakemake#2645)."""
    if shlex.quote(sys.executable) != sys.executable and Path(sys.executable).exists():
        sys.executable = shlex.quote(sys.executable)


def checked_project(config):
    """The configuration, checked before anything is planned: plain error lines, no traceback."""
    with user_errors():
        return load_project(config, ROOT)


def checked_sources(project, run):
    """Where every table comes from: (archive, cycle, table) -> TableSource."""
    made = {c.archive.name: Path(run, "archive", c.id) for c in project.cohorts.values() if c.archive.generated_by}
    with user_errors():
        further = [cohort for study in studies(project).values() for cohort in study.cohorts.values()]
        return table_sources(project, ROOT, made, os.environ, further)


def all_outputs():
    return [
        *(receipt(key) for key in SOURCES),
        *(f"{RUN}/{cohort}/{name}" for cohort in PROJECT.cohorts for name in COHORT_OUTPUTS),
        *(person_file_of(PROJECT.config, c, name) for c in PROJECT.cohorts.values() for name in PERSON_OUTPUTS),
        *over_time_tables(),
        *effect_modification_tables(),
        *curve_tables(),
        *multiverse_parts(),
        *multiverse_tables(),
        *sensitivity_tables(),
        *(f"{RUN}/{name}" for name in RUN_OUTPUTS),
        *reproduction_outputs(),
        *claims_outputs(),
    ]


def persons(name, restricted=False):
    """A file with a row for each person, as the output of a rule of public, or of restricted, cohorts."""
    return person_file(PROJECT.config, "{cohort}", name, restricted=restricted)


def of_persons(name):
    """The same as an input, wherever it lies."""
    return lambda wildcards: person_file_of(PROJECT.config, PROJECT.cohorts[wildcards.cohort], name)


def those_with_access(access):
    """The cohorts of the run that are public, or restricted, as a constraint of a rule's wildcard."""
    return "|".join(c.id for c in PROJECT.cohorts.values() if c.access == access) or "(?!)"  # of none: no name fits


def of_cohorts(name):
    """One result file of every cohort."""
    return [f"{RUN}/{cohort}/{name}" for cohort in PROJECT.cohorts]


def over_time_tables():
    """Prevalences by survey cycle of the cohorts that are followed over them."""
    return [f"{RUN}/{cohort}/{name}" for cohort in PROJECT.over_time_cohorts() for name in OVER_TIME_OUTPUTS]


def effect_modification_tables():
    """Subgroups and tests for interaction of every cohort, if they are asked for."""
    return of_cohorts("effect_modification.csv") if PROJECT.analysis.effect_modification else []


def curve_tables():
    """Dose-response curves and standardised effects, where the analysis asks for them."""
    names = DOSE_RESPONSE_OUTPUTS if PROJECT.analysis.dose_response else []
    names = names + (MARGINAL_OUTPUTS if PROJECT.analysis.marginal_effects else [])
    return [path for name in names for path in of_cohorts(name)]


def multiverse_parts():
    """Every specification of each cohort, if the analysis asks for them."""
    if not PROJECT.analysis.multiverse:
        return []
    return [*(path for name in MULTIVERSE_PARTS for path in of_cohorts(name)), *multiverse_replicates()]


def multiverse_replicates():
    """With the seed they tell what single PSUs add, so they lie where persons lie."""
    return [person_file_of(PROJECT.config, c, "multiverse_replicates.npy") for c in PROJECT.cohorts.values()]


def multiverse_tables():
    """The specifications of all cohorts together, if the analysis asks for them."""
    return [f"{RUN}/{name}" for name in MULTIVERSE_OUTPUTS] if PROJECT.analysis.multiverse else []


def sensitivity_tables():
    """Sensitivity analyses of every cohort, if the analysis asks for them."""
    if PROJECT.analysis.sensitivity is None:
        return []
    return [f"{RUN}/reliability.csv", *(path for name in SENSITIVITY_OUTPUTS for path in of_cohorts(name))]


def measured_twice():
    """The persons of the cohort that has the replicates, if it is part of the run."""
    asked = PROJECT.analysis.sensitivity and PROJECT.analysis.sensitivity.measurement_error
    cohort = PROJECT.cohorts.get(asked.cohort) if asked else None
    return {"frame": person_file_of(PROJECT.config, cohort, "analysis.parquet")} if cohort else {}


def run_tables():
    """Every table that figures and report are made from."""
    names = [name for name in COHORT_OUTPUTS if name.endswith((".csv", ".json"))]
    own = [f"{RUN}/{name}" for name in RUN_OUTPUTS if name.endswith(".csv")]
    of_all = [path for name in names for path in of_cohorts(name)]
    of_some = [*over_time_tables(), *effect_modification_tables(), *curve_tables(), *sensitivity_tables()]
    return [*own, *of_all, *of_some, *multiverse_tables()]


def claims_outputs():
    """The claims and what speaks to them, of a run that judges some."""
    return [f"{RUN}/{name}" for name in CLAIMS_OUTPUTS] if PROJECT.claims else []


def spoken_to_claims(wildcards):
    """Every table that claims are judged by."""
    return {
        "estimates": f"{RUN}/estimates.csv",
        "own": of_cohorts("claim_estimates.csv"),
        "prevalence": [*of_cohorts("prevalence.csv"), *of_cohorts("claim_prevalence.csv")],
        **({"multiverse": f"{RUN}/multiverse.parquet"} if PROJECT.analysis.multiverse else {}),
    }


def reproduction_outputs():
    """Published tables computed again, of a run that asks for some."""
    return [f"{RUN}/{name}" for name in REPRODUCTION_OUTPUTS] if PROJECT.reproductions else []


def reproduced():
    """The computed numbers of each published table."""
    return [f"{RUN}/reproduction/{name}.csv" for name in PROJECT.reproductions]


def receipts_of_study(wildcards):
    """The receipts of every table that a published table is computed from."""
    (cohort,) = STUDIES[wildcards.reproduction].cohorts.values()
    return [receipt(Key(cohort.archive.name, *key)) for key in tables(cohort)]


def study_parts(wildcards):
    """The configuration of a published table: what re-runs it, and all that it sees."""
    study = STUDIES[wildcards.reproduction]
    asked = PROJECT.reproductions[wildcards.reproduction].model_dump(exclude_unset=True, by_alias=True)
    keys = "cohorts dictionary definitions assays analysis.population analysis.models".split()
    keys += "analysis.adjustment_sets analysis.describe analysis.confidence_level".split()
    return {**parts_of(study, keys), "reproduction": asked}


def receipt(key):
    return f"{RUN}/receipts/{key.archive}/{key.cycle}/{key.table}.json"


def receipts(wildcards):
    """The receipts of every table of the job's cohort."""
    cohort = PROJECT.cohorts[wildcards.cohort]
    return [receipt(Key(cohort.archive.name, *key)) for key in tables(cohort)]


def archive_files(wildcards):
    """What fetching waits for: nothing, or the files of an archive that the project makes itself."""
    made = [c.id for c in PROJECT.cohorts.values() if c.archive.generated_by and c.archive.name == wildcards.archive]
    return {"archive": f"{RUN}/archive/{made[0]}"} if made else {}


def restricted(wildcards):
    """The least number of people that may be shown of an archive that may not be passed on, else 0."""
    of_archive = [c for c in PROJECT.cohorts.values() if c.archive.name == wildcards.archive]
    return max((c.least_shown for c in of_archive if c.restricted), default=0)


def raw_folder(wildcards):
    return f"{PROJECT.config.raw_dir}/{wildcards.archive}/{wildcards.cycle}"


def found(wildcards):
    """What makes a table be fetched (or looked at) again: its files were replaced or removed."""
    key = Key(*wildcards)
    return state(SOURCES[key], ROOT, ROOT / raw_folder(wildcards), ROOT / receipt(key))


def source(wildcards):
    """Not compared by Snakemake (an object): another mirror does not fetch the same files again."""
    return SOURCES[Key(*wildcards)]


def how(wildcards):
    """Not compared by Snakemake (an object)."""
    return Download(**PROJECT.config.download.model_dump())


def uses(*keys):
    """The parts of the configuration that a rule uses (b12sarc.spec.parts); a change in them re-runs it."""
    return lambda wildcards: parts_of(PROJECT, keys, wildcards.get("cohort"))


def code(script):
    """The script and all it imports from b12sarc; a change in them re-runs the rule."""
    return code_digest(ROOT / "scripts" / script)


def print_success():
    """The headline, unless a part of the run has made it old."""
    headline, tables = Path(RUN, "headline.txt"), [Path(path) for path in run_tables()]
    whole = headline.exists() and all(path.exists() for path in tables)
    if whole and headline.stat().st_mtime >= max(path.stat().st_mtime for path in tables):
        print("\n" + headline.read_text(encoding="utf-8"))


def print_failure(logs):
    lines = [line for log in logs for line in Path(log).read_text(encoding="utf-8").splitlines()]
    errors = dict.fromkeys(line for line in lines if line.startswith("error: "))
    print("\nThe run stopped.", *errors, "What each error means: docs/how-to/errors.md", sep="\n", file=sys.stderr)
