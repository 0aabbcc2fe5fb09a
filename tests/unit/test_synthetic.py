"""The synthetic cohort: files like NHANES', the same bytes for the same seed, the traps of the real ones."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

import synthetic_cohort
from b12sarc.acquire import TableSource, fetch_table
from b12sarc.codebook import read_codebook
from b12sarc.codebook_check import check_table
from b12sarc.design import SurveyDesign
from b12sarc.errors import B12SarcError
from b12sarc.estimators import mean
from b12sarc.formulas import ckd_epi_2021_creatinine
from b12sarc.readers import read_table
from b12sarc.spec import Project
from b12sarc.synthetic import Population, archive, load_population, make_archive
from b12sarc.synthetic.codebook_pages import load_codebook
from b12sarc.synthetic.people import creatinine_of_egfr
from b12sarc.synthetic.tables import TABLES

CYCLES = ("2011-2012", "2013-2014")
READINGS = [f"MGXH{hand}T{trial}" for hand in (1, 2) for trial in (1, 2, 3)]
Frames = dict[tuple[str, str], pd.DataFrame]


@pytest.fixture(scope="module")
def project() -> Project:
    return synthetic_cohort.project()


@pytest.fixture(scope="module")
def population() -> Population:
    return synthetic_cohort.shipped_population()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, population: Population, project: Project) -> Path:
    folder = tmp_path_factory.mktemp("synthetic") / "archive"
    make_archive(population, project.cohorts["synthetic"], folder)
    return folder


@pytest.fixture(scope="module")
def tables(made: Path, project: Project) -> Frames:
    """(file, cycle) -> table as read back."""
    return {
        (file, cycle): read_table(synthetic_cohort.table_path(made, project, file, cycle)).frame
        for file in TABLES
        for cycle in CYCLES
    }


@pytest.fixture(scope="module")
def pooled(tables: Frames) -> Callable[[str], pd.DataFrame]:
    return lambda file: pd.concat([tables[file, cycle] for cycle in CYCLES], ignore_index=True)


@pytest.fixture(scope="module")
def older(pooled: Callable[[str], pd.DataFrame]) -> Callable[[str], pd.DataFrame]:
    """Rows of a table of the examined at 65 and over, with their demography."""

    def of(file: str) -> pd.DataFrame:
        people = pooled("demo").query("RIDAGEYR >= 65 and WTMEC2YR > 0")
        return people if file == "demo" else people.merge(pooled(file), on="SEQN")

    return of


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# -- the archive


def test_same_seed_gives_the_same_bytes(tmp_path: Path, population: Population, project: Project) -> None:
    small = synthetic_cohort.smaller(population, seed=5, people=300)
    for name in ("a", "b"):
        make_archive(small, project.cohorts["synthetic"], tmp_path / name)
    assert digests(tmp_path / "a") == digests(tmp_path / "b")


def test_another_seed_gives_other_people(tmp_path: Path, population: Population, project: Project) -> None:
    for seed in (5, 6):
        small = synthetic_cohort.smaller(population, seed=seed, people=300)
        make_archive(small, project.cohorts["synthetic"], tmp_path / str(seed))
    first, second = digests(tmp_path / "5"), digests(tmp_path / "6")
    assert first.keys() == second.keys()
    assert all(first[path] != second[path] for path in first if path.endswith(".xpt"))


def test_manifest_names_every_file_with_its_digest(made: Path) -> None:
    manifest = json.loads((made / "manifest.json").read_text())
    listed = {entry["path"]: entry["sha256"] for entry in manifest["tables"].values()}
    listed |= {e["codebook"]["path"]: e["codebook"]["sha256"] for e in manifest["tables"].values()}
    assert listed == {path: digest for path, digest in digests(made).items() if path != "manifest.json"}
    assert "SYNTHETIC DATA" in manifest["notice"]


def test_archive_is_replaced_as_a_whole(tmp_path: Path, population: Population, project: Project) -> None:
    target = tmp_path / "archive"
    target.mkdir()
    (target / "left over.txt").touch()
    make_archive(
        synthetic_cohort.smaller(population, seed=5, people=300), project.cohorts["synthetic"], target
    )
    assert {path.name for path in target.iterdir()} == {"manifest.json", "Nchs"}


def test_a_failure_leaves_the_old_archive_and_nothing_else(
    tmp_path: Path, population: Population, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "archive"
    target.mkdir()
    (target / "old").touch()

    def full_disk(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(archive, "codebook_page", full_disk)
    small = synthetic_cohort.smaller(population, seed=5, people=300)
    with pytest.raises(OSError, match="no space"):
        make_archive(small, project.cohorts["synthetic"], target)
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")] == [
        "archive",
        "archive/old",
    ]


def test_tables_are_fetched_like_those_of_cdc(made: Path, project: Project, tmp_path: Path) -> None:
    layout = project.cohorts["synthetic"].archive
    source = TableSource.from_template(
        "VITB12_G", "2011-2012", 2011, made.as_uri(), layout.table_path, layout.codebook_path
    )
    receipt = fetch_table(source, tmp_path)
    manifest = json.loads((made / "manifest.json").read_text())["tables"]["VITB12_G"]
    assert (receipt.sha256, receipt.n_records) == (manifest["sha256"], manifest["n_records"])


def test_a_column_that_is_not_made_is_named(tmp_path: Path, population: Population, project: Project) -> None:
    cohort = project.cohorts["synthetic"]
    variables = dict(cohort.variables)
    variables["height_cm"] = variables["height_cm"].model_copy(update={"column": "BMXHTT"})
    changed = cohort.model_copy(update={"variables": variables})
    with pytest.raises(B12SarcError, match=r"body\.BMXHTT: not made for 2011-2012 -> did you mean 'BMXHT'"):
        make_archive(population, changed, tmp_path / "archive")


# -- the codebook pages


@pytest.mark.parametrize("cycle", CYCLES)
@pytest.mark.parametrize("file", TABLES)
def test_every_column_agrees_with_its_codebook_page(
    file: str, cycle: str, made: Path, project: Project, tables: Frames
) -> None:
    page = read_codebook(synthetic_cohort.table_path(made, project, file, cycle, page=True))
    frame = tables[file, cycle]
    checks, problems = check_table(frame, page, frame.columns)
    assert not problems
    assert set(checks["variable"]) >= set(frame.columns) - {"SEQN"}


def test_the_check_of_a_page_sees_one_changed_answer(made: Path, project: Project, tables: Frames) -> None:
    page = read_codebook(synthetic_cohort.table_path(made, project, "diabetes", CYCLES[0], page=True))
    frame = tables["diabetes", CYCLES[0]].copy()
    frame.loc[frame["DIQ010"].eq(2).idxmax(), "DIQ010"] = 1.0
    _, problems = check_table(frame, page, frame.columns)
    assert {problem.where for problem in problems} == {"DIQ_G.DIQ010"}


def test_every_page_says_synthetic_data_in_title_and_body(made: Path) -> None:
    pages = list(made.rglob("*.htm"))
    assert len(pages) == 22
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "<title>SYNTHETIC DATA" in text
        assert "<h1>SYNTHETIC DATA" in text


@pytest.mark.real_data
@pytest.mark.parametrize("cycle", CYCLES)
@pytest.mark.parametrize("file", TABLES)
def test_names_labels_and_codes_are_those_of_the_real_tables(
    file: str, cycle: str, made: Path, project: Project, nhanes_dir: Path
) -> None:
    def table(root: Path):
        return read_table(synthetic_cohort.table_path(root, project, file, cycle))

    def page(root: Path):
        return read_codebook(synthetic_cohort.table_path(root, project, file, cycle, page=True)).variables

    ours, theirs = table(made), table(nhanes_dir)
    shared = [name for name in ours.frame.columns if name in theirs.frame.columns]
    assert shared == list(ours.frame.columns)
    assert {n: ours.labels[n] for n in shared} == {n: theirs.labels[n] for n in shared}
    assert [ours.frame[n].dtype for n in shared] == [theirs.frame[n].dtype for n in shared]
    for name in shared:
        known = {row.code: row.description for row in page(nhanes_dir)[name].rows}
        for row in page(made)[name].rows:
            if row.count and row.code in known:
                assert row.description.casefold() == known[row.code].casefold(), name
            assert row.code in known or " to " in row.code or not row.count, (name, row)


# -- the sample


def test_twenty_thousand_people_in_thirty_strata(pooled: Callable) -> None:
    demo = pooled("demo")
    psus = demo.groupby("SDMVSTRA")["SDMVPSU"].nunique()
    assert len(demo) == 20_000
    assert len(psus) == 30
    assert psus.value_counts().to_dict() == {2: 27, 3: 3}
    assert 2_500 < demo["RIDAGEYR"].ge(65).sum() < 3_500


def test_person_numbers_are_not_those_of_cdc(pooled: Callable) -> None:
    numbers = pooled("demo")["SEQN"]
    assert numbers.is_unique
    assert numbers.min() > 900_000


def test_ages_are_top_coded_at_80(pooled: Callable) -> None:
    age = pooled("demo")["RIDAGEYR"]
    assert age.max() == 80
    assert age.eq(80).sum() > 3 * age.eq(79).sum()


def test_one_psu_has_hardly_anybody_at_65_and_over(older: Callable) -> None:
    sizes = older("demo").groupby(["SDMVSTRA", "SDMVPSU"]).size()
    assert 0 < sizes.min() < 10
    assert sizes.nsmallest(2).iloc[1] > 15


def test_weights_add_up_to_the_population_and_are_zero_for_the_unexamined(tables: Frames) -> None:
    for cycle, population in zip(CYCLES, (306.6e6, 311.2e6), strict=True):
        demo = tables["demo", cycle]
        assert demo["WTMEC2YR"].sum() == pytest.approx(population, rel=1e-6)
        assert demo["WTMEC2YR"].eq(0).equals(demo["RIDSTATR"].eq(1))
        assert 0.03 < demo["RIDSTATR"].eq(1).mean() < 0.05


def test_ignoring_the_weights_makes_weak_grip_too_common(older: Callable) -> None:
    grip = older("grip").dropna(subset=["MGXH1T1"])
    weak = grip[READINGS].max(axis=1) < np.where(grip["RIAGENDR"] == 1, 27, 16)
    assert weak.mean() > 1.05 * np.average(weak, weights=grip["WTMEC2YR"])


def test_neighbours_are_alike(pooled: Callable) -> None:
    people = pooled("demo")
    for file in ("b12", "mma", "grip", "body"):
        people = people.merge(pooled(file), on="SEQN", how="left")
    design = SurveyDesign.from_arrays(people["WTMEC2YR"], people["SDMVSTRA"], people["SDMVPSU"])
    for values in (
        np.log(people["LBDB12SI"]),
        np.log(people["LBXMMASI"]),
        people["MGXH1T2"],
        people["BMXBMI"],
    ):
        domain = design.domain((people["RIDAGEYR"].ge(65) & values.notna()).to_numpy())
        known = domain.take(values.to_numpy())
        assert mean(domain, known).se ** 2 > 1.3 * known.var(ddof=1) / domain.n, values.name


def test_tables_hold_whom_nhanes_asked_or_examined(tables: Frames) -> None:
    youngest = {"b12": (20, 19), "mma": (20, 19), "grip": (6, 6), "biochem": (12, 12), "function": (3, 3)}
    for file, ages in youngest.items():
        for cycle, age in zip(CYCLES, ages, strict=True):
            merged = tables[file, cycle].merge(tables["demo", cycle], on="SEQN")
            assert merged["RIDAGEYR"].min() == age
            assert merged["SEQN"].is_unique
            if file != "function":
                assert merged["WTMEC2YR"].gt(0).all()


def test_b12_changes_its_name_between_the_cycles(tables: Frames) -> None:
    assert "LBXB12" in tables["b12", CYCLES[0]]
    assert "LBXB12" not in tables["b12", CYCLES[1]]
    assert "LBDB12" in tables["b12", CYCLES[1]]


# -- what the people are like


def test_creatinine_is_the_inverse_of_ckd_epi() -> None:
    age, female = np.array([65.0, 80, 20, 70]), np.array([0.0, 1, 1, 0])
    egfr = np.array([110.0, 95, 130, 15])
    sex = pd.Series(np.where(female == 1, "female", "male"))
    back = ckd_epi_2021_creatinine(
        creatinine_mg_dl=pd.Series(creatinine_of_egfr(egfr, age, female)), age_years=pd.Series(age), sex=sex
    )
    np.testing.assert_allclose(back, egfr, rtol=1e-12)


def test_b12_in_pmol_is_the_rounded_conversion_of_whole_pg_ml(tables: Frames) -> None:
    b12 = tables["b12", CYCLES[0]].dropna()
    assert (b12["LBXB12"] == b12["LBXB12"].round()).all()
    np.testing.assert_allclose(b12["LBDB12SI"], (b12["LBXB12"] * 0.738).round(1), rtol=1e-12)


def test_b12_has_the_tail_of_injections_and_the_prescriptions_for_them(pooled: Callable) -> None:
    b12, drugs = pooled("b12"), pooled("rx")
    treated = drugs.loc[drugs["RXDDRGID"] == "d00413", "SEQN"]
    levels = b12.set_index("SEQN")["LBDB12SI"]
    assert levels.max() > 10_000
    assert levels[levels.index.isin(treated)].median() > 3 * levels.median()


def test_distributions_are_near_those_of_nhanes_at_65_and_over(older: Callable) -> None:
    """Unweighted, from the real files of 2011-2014: counts and quantiles only."""
    b12, mma, blood = older("b12"), older("mma"), older("cbc")
    low = blood["LBXHGB"] < np.where(blood["RIAGENDR"] == 1, 13, 12)
    near = {
        "median B12": (b12["LBDB12SI"].median(), 411.1),
        "5th percentile of B12": (b12["LBDB12SI"].quantile(0.05), 167.6),
        "95th percentile of B12": (b12["LBDB12SI"].quantile(0.95), 1247.2),
        "median MMA": (mma["LBXMMASI"].median(), 178.0),
        "95th percentile of MMA": (mma["LBXMMASI"].quantile(0.95), 493.4),
        "median grip": (older("grip")[READINGS].max(axis=1).median(), 28.3),
        "mean height": (older("body")["BMXHT"].mean(), 164.2),
        "mean BMI": (older("body")["BMXBMI"].mean(), 28.5),
        "mean income ratio": (older("demo")["INDFMPIR"].mean(), 2.43),
        "anaemia": (low[blood["LBXHGB"].notna()].mean(), 0.183),
        "macrocytosis": (blood["LBXMCVSI"].gt(100).mean(), 0.041),
        "diabetes": (older("diabetes")["DIQ010"].eq(1).mean(), 0.247),
        "no grip test": (older("grip")["MGDEXSTS"].eq(3).mean(), 0.104),
        "B12 unknown": (b12["LBDB12SI"].isna().mean(), 0.077),
        "income unknown": (older("demo")["INDFMPIR"].isna().mean(), 0.094),
    }
    far = {name: pair for name, pair in near.items() if not 0.8 < pair[0] / pair[1] < 1.25}
    assert not far


# -- the traps


def test_combined_grip_is_the_sum_of_the_best_of_each_hand(pooled: Callable) -> None:
    grip = pooled("grip").dropna(subset=["MGDCGSZ"])
    best = [grip[[f"MGXH{hand}T{trial}" for trial in (1, 2, 3)]].max(axis=1) for hand in (1, 2)]
    np.testing.assert_allclose(grip["MGDCGSZ"], sum(best), atol=1e-9)
    assert grip["MGDEXSTS"].eq(1).all()


def test_one_hand_testers_have_readings_but_no_combined_grip(pooled: Callable) -> None:
    single = pooled("grip").query("MGDEXSTS == 2")
    assert len(single) > 100
    assert single["MGDCGSZ"].isna().all()
    assert single[READINGS].max(axis=1).notna().all()


def test_the_untested_have_no_reading(pooled: Callable) -> None:
    untested = pooled("grip").query("MGDEXSTS == 3")
    assert len(untested) > 300
    assert untested[[*READINGS, "MGDSEAT"]].isna().all().all()


def test_some_readings_are_a_stored_zero_and_never_the_best(pooled: Callable) -> None:
    readings = pooled("grip")[READINGS]
    assert 0 < readings.eq(0).sum().sum() < 100
    assert readings.max(axis=1).min() >= 5


def test_codes_that_mean_missing_occur(pooled: Callable) -> None:
    for file, column, codes in (
        ("demo", "DMDEDUC2", {7, 9}),
        ("diabetes", "DIQ010", {3, 7, 9}),
        ("smoking", "SMQ020", {7, 9}),
        ("function", "PFQ061I", {5, 9}),
    ):
        assert codes <= set(pooled(file)[column]), column


def test_smoking_now_is_asked_of_smokers_but_for_a_few(pooled: Callable) -> None:
    smoking = pooled("smoking")
    assert smoking.query("SMQ020 == 1")["SMQ040"].notna().all()
    odd = smoking.query("SMQ020 == 2")["SMQ040"].notna()
    assert 0 < odd.sum() < 0.01 * len(odd)


def test_prescriptions_have_one_row_a_drug_and_one_for_none(pooled: Callable) -> None:
    drugs, demo = pooled("rx"), pooled("demo")
    assert set(drugs["SEQN"]) == set(demo["SEQN"])
    rows = drugs.groupby("SEQN").size()
    counted = drugs.drop_duplicates("SEQN").set_index("SEQN")["RXDCOUNT"]
    assert (rows == counted.fillna(1)).all()
    assert not drugs.query("RXDDRGID != ''").duplicated(["SEQN", "RXDDRGID"]).any()


def test_drug_names_hold_letters_beyond_ascii(pooled: Callable) -> None:
    names = pooled("rx")["RXDDRUG"]
    assert {"ŽENŠEN; ÉCHINACÉE (MADE UP)", "Ω-3 MÉLANGE (MADE UP)", "99999", ""} <= set(names)


# -- population.yaml


@pytest.fixture
def changed(tmp_path: Path) -> Callable[[Callable[[dict], None]], Path]:
    """Write population.yaml with a change, and return its path."""

    def write(change: Callable[[dict], None]) -> Path:
        content = yaml.safe_load((synthetic_cohort.FOLDER / "population.yaml").read_text(encoding="utf-8"))
        change(content)
        path = tmp_path / "population.yaml"
        path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
        return path

    return write


def effect(content: dict, outcome: str, exposure: str) -> dict:
    return next(e for e in content["planted"] if (e["outcome"], e["exposure"]) == (outcome, exposure))


def test_an_effect_by_way_of_mma_must_be_the_product_of_its_steps(changed: Callable) -> None:
    path = changed(lambda c: effect(c, "grip_max_kg", "log2_b12").update(coef=-2.0))
    with pytest.raises(B12SarcError, match=r"grip_max_kg on log2_b12: .* give -1\.08, not -2"):
        load_population(path)


def test_a_step_cannot_be_left_out(changed: Callable) -> None:
    path = changed(lambda c: c["planted"].remove(effect(c, "macrocytosis", "log2_b12")))
    with pytest.raises(B12SarcError, match="macrocytosis on log2_b12: missing"):
        load_population(path)


def test_a_negative_control_has_no_effect(changed: Callable) -> None:
    path = changed(lambda c: effect(c, "height_cm", "log2_mma").update(coef=1.0))
    with pytest.raises(B12SarcError, match="height_cm on log2_mma: a negative control"):
        load_population(path)


def test_what_the_people_do_not_follow_cannot_be_planted(changed: Callable) -> None:
    extra = {"outcome": "anaemia_who", "exposure": "log2_mma", "adjustment": "clinical"}
    path = changed(lambda c: c["planted"].append(extra | {"estimator": "poisson", "coef": 0.2}))
    with pytest.raises(B12SarcError, match="anaemia_who on log2_mma: the people do not follow it"):
        load_population(path)


def test_a_misspelt_key_is_named_with_its_line(changed: Callable) -> None:
    def misspell(content: dict) -> None:
        content["people"]["log2_mma"]["agefloor"] = content["people"]["log2_mma"].pop("age_floor")

    with pytest.raises(B12SarcError, match=r"population\.yaml:\d+: .*agefloor.*did you mean 'age_floor'"):
        load_population(changed(misspell))


def test_lists_by_age_have_one_length(changed: Callable) -> None:
    path = changed(lambda c: c["sample"]["weights"]["nh_black"].pop())
    with pytest.raises(B12SarcError, match=r"lists of different length .*nh_black 7"):
        load_population(path)


def test_cut_offs_of_the_population_are_those_of_the_definitions(
    population: Population, project: Project
) -> None:
    definitions = project.definitions.definitions
    cases = definitions["anaemia_who"].rule.by.cases
    assert (cases["male"].value, cases["female"].value) == (
        population.people.anaemia_who.below_g_dl.male,
        population.people.anaemia_who.below_g_dl.female,
    )
    assert definitions["macrocytosis"].rule.value == population.people.macrocytosis.above_fl


def test_every_file_that_is_made_is_described(project: Project) -> None:
    assert set(load_codebook()) == set(TABLES) == set(project.cohorts["synthetic"].files)
