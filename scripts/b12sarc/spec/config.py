"""The run: which cohorts, which files say what, where things go (config/config.yaml)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from b12sarc.spec.base import Flag, Model, Name, Number, Text, Url, Whole


class Download(Model):
    """How tables are fetched."""

    timeout_s: Number = Field(60, gt=0, description="seconds to wait for an answer")
    retries: Whole = Field(4, ge=0, description="tries after the first")
    backoff_s: Number = Field(1.0, ge=0, description="seconds before the first retry; doubles each time")


class Config(Model):
    """config/config.yaml, or another file laid over it with --configfile."""

    run: Name = Field(description="results go to results/<run>/")
    cohorts: tuple[Name, ...] = Field(
        min_length=1, description="cohorts to analyse, by the name of their folder under cohorts/"
    )
    raw_dir: Text = Field(
        "data/raw", description="where source tables are kept; one placed here by hand is used as it is"
    )
    results_dir: Text = Field("results", description="where results go")
    dictionary: Text = Field("config/dictionary.yaml", description="file of the harmonised dictionary")
    assays: Text = Field("config/assays.yaml", description="file of the equations between laboratory methods")
    definitions: Text = Field(
        "config/definitions.yaml", description="file of exposures, outcomes and covariates"
    )
    analysis: Text = Field("config/analysis.yaml", description="file that says what is estimated")
    base_urls: dict[Name, Url] = Field(
        default_factory=dict,
        description="archive -> mirror (http, https or file URL) in place of the archive's own address",
    )
    download: Download = Field(default_factory=Download, description="how tables are fetched")
    figure_formats: tuple[Literal["svg", "pdf", "png"], ...] = Field(
        ("svg", "pdf", "png"),
        description="formats in which each figure is saved; svg is always among them: the report shows it",
    )
    seed: Whole = Field(20261123, ge=0, description="seed of everything that is random")
    codebook_check: Flag = Field(
        True, description="compare every variable with the counts in its codebook page; stop at a difference"
    )
    evidence: Text | None = Field(
        None, description="file of published results to show beside the cohorts; none: none are shown"
    )
    claims: Text | None = Field(
        None, description="file of the claims under test and their verdict rule; none: none are judged"
    )
    reproductions: tuple[Name, ...] | Literal["all"] = Field(
        (),
        description="published tables that `snakemake reproduce` computes again, by the name of their file "
        "under config/reproductions/; or all",
    )
    require: tuple[Name, ...] = Field(
        (),
        description="definitions without which the run is refused: some cohort of the run must answer each",
    )

    @field_validator("figure_formats")
    @classmethod
    def _has_svg(cls, formats: tuple[str, ...]) -> tuple[str, ...]:
        if "svg" not in formats or len(set(formats)) < len(formats):
            raise ValueError("name each format once, svg among them: the report shows it")
        return formats
