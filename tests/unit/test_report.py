"""The report as a page: complete, marked, self-contained, readable without eyes or script."""

from __future__ import annotations

import json
import re
import shutil
from itertools import pairwise
from pathlib import Path

import lxml.html
import pandas as pd
import pytest

from b12sarc.errors import B12SarcError
from b12sarc.figures.plan import plan_figures
from b12sarc.provenance import write_provenance
from b12sarc.report import write_report, write_tables
from b12sarc.report.tables import human_tables
from b12sarc.results import Run, read_run
from b12sarc.sources import tables
from b12sarc.style import SYNTHETIC
from causal_words import CAUSAL
from fake_report import made_run, shared_run
from fake_results import fake_project, write_fake_results, write_stub_figures

MAX_BYTES = 3_500_000


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return shared_run(tmp_path_factory, "nhanes_2011_2014", "synthetic")


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of which no cohort is called synthetic (its numbers are made up all the same)."""
    return made_run(tmp_path_factory.mktemp("real"), ("nhanes_2011_2014",))


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return shared_run(tmp_path_factory, "synthetic")


def source(run: Run) -> str:
    return (run.folder / "report.html").read_text(encoding="utf-8")


def page(run: Run) -> lxml.html.HtmlElement:
    return lxml.html.document_fromstring(source(run))


def visible(element: lxml.html.HtmlElement) -> str:
    """Text of an element without scripts, styles and the dump of the configuration, spaces joined."""
    found = element.xpath(".//text()[not(ancestor::script or ancestor::style or ancestor::pre)]")
    return re.sub(r"\s+", " ", "".join(found).replace("\u00a0", " "))


def test_the_page_starts_with_the_answer(real: Run) -> None:
    sections = page(real).xpath("//main/section/@id")
    assert sections[:2] == ["headline", "limits"]


def test_the_numbers_of_the_headline_are_those_of_the_estimates(real: Run) -> None:
    row = real.estimates.query(
        "outcome == 'low_grip_ewgsop2' and exposure == 'mma_high_271' and adjustment == 'clinical' "
        "and estimator == 'poisson'"
    ).iloc[0]
    said = visible(page(real).get_element_by_id("headline"))
    effect = f"{row['estimate']:.2f} (95 % CI {row['conf_low']:.2f} to {row['conf_high']:.2f})"
    assert f"prevalence ratio {effect}" in said
    assert f"{row['n']:,} people, {row['events']:.0f} with the outcome" in said


def test_no_causal_verb_stands_anywhere_on_the_page(both: Run) -> None:
    assert CAUSAL.findall(visible(page(both))) == []


def test_trials_stand_beside_real_estimates_only(both: Run, real: Run, made_up: Run) -> None:
    assert "B-PROOF" in visible(page(real))
    assert "B-PROOF" in visible(page(both))
    assert "B-PROOF" not in visible(page(made_up))


def test_made_up_data_are_marked_in_title_banner_captions_and_sections(both: Run) -> None:
    found = page(both)
    assert found.findtext(".//title").startswith(SYNTHETIC)
    assert SYNTHETIC in visible(found.find_class("banner")[0])
    for box in found.xpath("//section[@id='synthetic']//caption | //section[@id='synthetic']//figcaption"):
        assert visible(box).strip().startswith(SYNTHETIC)
    inputs = found.get_element_by_id("synthetic_inputs-caption")
    assert visible(inputs).startswith(SYNTHETIC)


def test_real_data_carry_no_such_mark(real: Run) -> None:
    assert SYNTHETIC not in source(real)
    assert page(real).find_class("banner") == []


def test_a_real_section_beside_a_made_up_one_is_not_marked(both: Run) -> None:
    assert SYNTHETIC not in visible(page(both).get_element_by_id("nhanes_2011_2014"))


def test_the_page_asks_nothing_of_the_network(both: Run) -> None:
    found = page(both)
    addresses = found.xpath("//@src | //@href | //@action | //@data | //@srcset | //@poster | //@formaction")
    outside = [a for a in addresses if re.match(r"(?i)([a-z][a-z0-9+.-]*:)?//|(?!#)[a-z]+:", a)]
    assert outside == []
    assert "@import" not in source(both)
    assert found.xpath("//link | //iframe | //object | //embed | //base") == []


def test_the_content_security_policy_allows_no_request_and_only_its_own_scripts(both: Run) -> None:
    import base64
    import hashlib

    policy = page(both).xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    scripts = page(both).xpath("//script[not(@type)]/text()")
    digests = [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts]
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    assert len(digests) == 2
    assert "default-src 'none'" in policy
    assert f"script-src {allowed};" in policy


def test_the_page_is_small_enough_to_send(both: Run) -> None:
    assert (both.folder / "report.html").stat().st_size < MAX_BYTES


def test_ids_are_unique_and_every_link_inside_the_page_arrives(both: Run) -> None:
    found = page(both)
    ids = found.xpath("//@id")
    assert len(ids) == len(set(ids))
    targets = {a[1:] for a in found.xpath("//a/@href") if a.startswith("#")}
    targets |= {i for a in found.xpath("//@aria-labelledby") for i in a.split()}
    assert targets <= set(ids)


def test_links_to_files_beside_the_page_arrive(both: Run) -> None:
    links = [
        a for a in page(both).xpath("//a/@href") if not a.startswith("#") and not a.startswith("figures/")
    ]
    assert links
    assert [a for a in links if not (both.folder / a).is_file()] == []


def test_headings_go_down_one_step_at_a_time(both: Run) -> None:
    levels = [int(h.tag[1]) for h in page(both).xpath("//h1 | //h2 | //h3 | //h4 | //h5")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_the_page_has_language_viewport_landmarks_and_a_skip_link(both: Run) -> None:
    found = page(both)
    assert found.get("lang") == "en"
    assert found.xpath("//meta[@name='viewport']/@content") == ["width=device-width, initial-scale=1"]
    assert [len(found.xpath(f"//{tag}")) for tag in ("main", "nav", "header", "footer")] == [1, 1, 1, 1]
    assert found.body[0].get("href") == "#main"


def test_every_table_has_a_caption_and_scoped_headings(both: Run) -> None:
    tables = page(both).xpath("//table")
    assert len(tables) > 15
    for table in tables:
        assert visible(table.find("caption"))
        assert {th.get("scope") for th in table.xpath("./thead//th")} == {"col"}
        assert {th.get("scope") for th in table.xpath("./tbody//th")} == {"row"}
        widths = {len(row) for row in table.xpath(".//tr")}
        assert len(widths) == 1


def test_every_figure_has_a_name_and_its_numbers_in_words(both: Run) -> None:
    drawings = page(both).xpath("//figure//*[local-name()='svg']")
    planned = plan_figures(both)
    linked = {href for href in page(both).xpath("//a/@href") if href.endswith(".svg")}
    assert linked == {f"figures/{figure.name}.svg" for figure in planned} | {"reproduction.svg"}
    shown = [f for f in planned if page(both).xpath(f"//figure[@id='figure-{f.name}']")]
    beside = [f for f in planned if f not in shown]
    asked = both.project.analysis.headline.outcomes
    assert all(f.kind == "forest" and f.outcome not in asked for f in beside)
    assert len(drawings) == len(shown) + 1  # that of published tables has a rule of its own
    for svg in drawings:
        assert svg.get("role") == "img"
        title, words = svg.xpath("./*[local-name()='title' or local-name()='desc']/text()")
        assert title
        assert re.search(r"\d", words)


def test_what_cannot_be_answered_is_listed_with_its_reason(real: Run) -> None:
    said = visible(page(real).get_element_by_id("limits"))
    unavailable = real.cohorts["nhanes_2011_2014"].definitions.query("not available")
    assert len(unavailable) >= 4
    assert "Confirmed sarcopenia (EWGSOP2, low grip and low lean mass)" in said
    assert "DXA was offered only at ages 8-59" in said


def test_the_model_table_has_every_estimate_of_complete_cases_and_the_imputed_ones_beside(real: Run) -> None:
    rows = page(real).xpath("//table[@id='nhanes_2011_2014_models']/tbody/tr")
    assert len(rows) == (real.estimates["missing"] == "complete_case").sum()


def test_the_methods_come_from_the_configuration(real: Run) -> None:
    said = visible(page(real).xpath("//h3[@id='nhanes_2011_2014-methods']/following-sibling::dl")[0])
    assert "WTMEC2YR × 0.5" in said
    assert "strata SDMVSTRA, primary sampling units SDMVPSU (nested in strata)" in said
    assert "Holm" in said
    assert "Benjamini-Hochberg" in said
    assert "complete cases" in said.lower()
    assert "statsmodels" in said


def test_the_harmonisation_table_shows_what_was_set_missing(real: Run) -> None:
    table = human_tables(real, real.cohorts["nhanes_2011_2014"])["harmonisation"].frame()
    grip = table[table["Variable"].str.startswith("Grip strength")]
    assert list(grip["Set missing: implausible"]) == ["3", "3"]
    b12 = table[table["Variable"] == "Serum vitamin B12"]
    assert list(b12["Assay"]) == ["roche_e170", "roche_e170"]


def test_the_comparison_with_the_codebook_pages_is_told(real: Run) -> None:
    cohort = real.cohorts["nhanes_2011_2014"]
    said = human_tables(real, cohort)["harmonisation"].note
    assert "2 counts of the files were compared with their codebook pages: all agree." in said
    one_off = cohort.codebook_check.assign(ok=[True, False])
    cohort = type(cohort)(**{**cohort.__dict__, "codebook_check": one_off})
    assert "1 differ" in human_tables(real, cohort)["harmonisation"].note


def test_covariates_left_out_are_told(real: Run) -> None:
    table = human_tables(real, real.cohorts["nhanes_2011_2014"])["model_notes"].frame()
    assert list(table.iloc[0]) == ["Standing height is the outcome: not a covariate", "Standing height", "1"]


def test_provenance_names_code_inputs_and_time(real: Run) -> None:
    said = visible(page(real).get_element_by_id("provenance"))
    assert "commit unknown (not a git checkout)" in said
    assert "61 s" in said
    assert "a" * 64 in said
    rows = page(real).xpath("//table[@id='nhanes_2011_2014_inputs']/tbody/tr")
    assert len(rows) == len(tables(real.project.cohorts["nhanes_2011_2014"]))


def test_the_data_owner_is_cited_with_its_disclaimer(real: Run) -> None:
    said = visible(page(real).get_element_by_id("cite"))
    assert "National Center for Health Statistics (NCHS). National Health and Nutrition Examination" in said
    assert "responsible only for the initial data" in said


def test_table1_has_a_column_a_group_and_hides_what_nchs_would(real: Run) -> None:
    table = human_tables(real, real.cohorts["nhanes_2011_2014"])["table1"].frame()
    assert list(table.columns[:3]) == [
        "Characteristic",
        "Overall (n = 2,200)",
        "Deficient (< 148 pmol/L) (n = 96)",
    ]
    row = table[table["Characteristic"] == "Other, including multiracial"].iloc[0]
    assert row.iloc[2] == "†"
    assert re.fullmatch(r"\d+\.\d \(\d+\.\d–\d+\.\d\)", row.iloc[1])


@pytest.mark.parametrize(
    ("flag", "shown"), [("unreliable: x", "†"), ("suppressed: x", "†"), ("review: x", "12.0 (10.0–15.0) ‡")]
)
def test_table1_cells_follow_their_flag(real: Run, flag: str, shown: str) -> None:
    from b12sarc.report.table1 import _cell

    row = {
        "statistic": "percent",
        "estimate": 0.12,
        "conf_low": 0.1,
        "conf_high": 0.15,
        "se": 0.01,
        "flag": flag,
    }
    assert _cell(pd.Series(row)) == shown


def test_suppressed_prevalences_show_no_number(real: Run) -> None:
    table = human_tables(real, real.cohorts["nhanes_2011_2014"])["prevalence"].frame()
    hidden = table[table["NCHS flag"].str.startswith("suppressed")]
    assert len(hidden) > 0
    assert set(hidden["% (95 % CI)"]) == {"suppressed"}
    assert set(hidden["Events"]) == {"–"}


def test_definitions_are_put_in_words_with_strict_and_weak_cut_offs(real: Run) -> None:
    table = human_tables(real, real.cohorts["nhanes_2011_2014"])["definitions"].frame()
    words = table.set_index("Definition")["How it is made"]
    assert words["Probable sarcopenia (EWGSOP2 low grip)"] == (
        "men: Grip strength < 27 kg; women: Grip strength < 16 kg"
    )
    assert words["MMA > 271 nmol/L"] == "Methylmalonic acid > 271 nmol/L"
    assert words["Serum B12 (log2)"] == "log2 of serum vitamin B12"
    assert "mean z-score of ln of serum vitamin B12, −ln of methylmalonic acid" in " ".join(words)


def test_csv_tables_hold_the_cells_of_the_page(real: Run) -> None:
    for table in human_tables(real, real.cohorts["nhanes_2011_2014"]).values():
        saved = pd.read_csv(real.folder / "tables" / f"{table.name}.csv", dtype=str, keep_default_na=False)
        assert saved.values.tolist() == [list(row) for row in table.rows]
        shown = page(real).xpath(f"//table[@id='{table.name}']/tbody/tr")
        assert len(shown) == len(table.rows)


def test_csv_tables_are_the_same_bytes_twice(real: Run) -> None:
    before = {p.name: p.read_bytes() for p in (real.folder / "tables").iterdir()}
    write_tables(real.folder, real.project)
    assert {p.name: p.read_bytes() for p in (real.folder / "tables").iterdir()} == before


def test_the_page_is_the_same_bytes_from_the_same_files(real: Run) -> None:
    before = source(real)
    write_report(real.folder, real.project)
    assert source(real) == before


def test_labels_cannot_inject_markup(tmp_path: Path) -> None:
    project = fake_project()
    config = json.loads(json.dumps({"label": "<script>alert(1)</script> & <b>bold</b>"}))
    grip = project.dictionary.variables["grip_max_kg"].model_copy(update=config)
    variables = {**project.dictionary.variables, "grip_max_kg": grip}
    dictionary = project.dictionary.model_copy(update={"variables": variables})
    project = type(project)(**{**project.__dict__, "dictionary": dictionary})
    run = read_run(write_fake_results(tmp_path, project), project)
    write_stub_figures(run)
    write_provenance(tmp_path, project, tmp_path)
    write_report(tmp_path, project)
    assert len(page(run).xpath("//script[not(@type)]")) == 2
    assert not any(text.startswith("alert") for text in page(run).xpath("//script/text()"))
    assert page(run).xpath("//b") == []


def test_a_missing_figure_is_one_clear_line(made_up: Run, tmp_path: Path) -> None:
    shutil.copytree(made_up.folder, tmp_path, dirs_exist_ok=True)
    (tmp_path / "figures" / "synthetic_flow.svg").unlink()
    with pytest.raises(
        B12SarcError, match=r"figures/synthetic_flow\.svg: file not found -> run the pipeline"
    ):
        write_report(tmp_path, made_up.project)
