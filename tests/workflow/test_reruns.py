"""A change re-runs the rules that depend on it, and no other."""

from __future__ import annotations

import pytest

from checkout import Checkout

pytestmark = pytest.mark.workflow

END = {"figures", "report", "crate"}
FROM_COMBINE = {"combine", "synthesise", "claims", *END}
FROM_FIT = {"fit", *FROM_COMBINE}
BESIDE_FIT = {"dose_response", "effect_modification", "marginal_effects", "sensitivity", "fit_claims"}
MODELS = {*BESIDE_FIT, "multiverse", "specification_curve", *FROM_FIT}
FROM_DERIVE = {"derive", "impute", "describe", "over_time", "feasibility", *MODELS}
FROM_HARMONISE = {"harmonise", *FROM_DERIVE}

CHANGES = {
    "how tests are adjusted": (
        "config/analysis.yaml",
        "method: holm",
        "method: fdr_bh",
        {"provenance", *FROM_COMBINE},
    ),
    "what the headline speaks of": (
        "config/analysis.yaml",
        "  outcomes: [low_grip_ewgsop2, grip_max_kg]\n  adjustment",
        "  outcomes: [low_grip_ewgsop2]\n  adjustment",
        {"provenance", "sensitivity", "claims", *END},
    ),
    "the confidence level": (
        "config/analysis.yaml",
        "confidence_level: 0.95",
        "confidence_level: 0.9",
        {"describe", "over_time", "provenance", *MODELS},
    ),
    "whose ages the standardised prevalences have": (
        "config/standard_population_2000.yaml",
        "label: 65-69",
        "label: 65 to 69",
        {"over_time", "provenance", *END},
    ),
    "the value that a curve is compared with": (
        "config/analysis.yaml",
        "      value: 300\n",
        "      value: 350\n",
        {"dose_response", "provenance", *END},
    ),
    "a cut-off": (
        "config/definitions.yaml",
        "value: 271",
        "value: 280",
        {"provenance", *FROM_DERIVE},
    ),
    "a plausible range": (
        "config/dictionary.yaml",
        "plausible: {min: 50, max: 230",
        "plausible: {min: 60, max: 230",
        {"provenance", *FROM_HARMONISE},
    ),
    "how long a download may take": (
        "config/config.yaml",
        "timeout_s: 60",
        "timeout_s: 30",
        {"provenance", "report", "crate"},
    ),
    "the planted effects": (
        "cohorts/synthetic/population.yaml",
        "seed: 20261123",
        "seed: 1",
        {"make_synthetic", "fetch", "check_codebook", "provenance", *FROM_HARMONISE},
    ),
}
CODE = {
    "describe/table1.py": {"describe", "over_time", "fit_claims", "claims", *END},
    "model_matrix.py": {*MODELS, "reliability"},
    "harmonise.py": FROM_HARMONISE,
    "report/__init__.py": {"report", "crate"},
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_the_configuration_reruns_what_depends_on_it(demo: Checkout, change: str) -> None:
    file, old, new, expected = CHANGES[change]
    demo.replace(file, old, new)
    assert demo.demo("--dry-run").rules == expected


@pytest.mark.parametrize("module", CODE)
def test_a_change_of_a_module_reruns_the_rules_that_import_it(demo: Checkout, module: str) -> None:
    with (demo.folder / "scripts/b12sarc" / module).open("a") as file:
        file.write("\n# changed\n")
    assert demo.demo("--dry-run").rules == CODE[module]


def test_a_failed_run_is_taken_up_where_it_stopped(demo: Checkout) -> None:
    (demo.folder / "results/demo/synthetic/analysis.parquet").unlink()
    assert demo.demo("--dry-run").rules == FROM_DERIVE


def test_another_mirror_does_not_fetch_the_same_files_again(demo: Checkout) -> None:
    demo.replace("config/config.yaml", "base_urls: {}", 'base_urls: {nhanes: "https://mirror.example"}')
    assert "fetch" not in demo.demo("--dry-run").rules


def test_a_model_that_is_taken_out_is_gone_from_the_estimates(demo: Checkout) -> None:
    demo.replace("config/analysis.yaml", "adjustments: [crude, demographic,", "adjustments: [demographic,")
    result = demo.demo("--until", "combine")
    assert result.code == 0, result.output
    estimates = (demo.folder / "results/demo/estimates.csv").read_text()
    assert ",crude," not in estimates
    assert ",demographic," in estimates
