"""The run: which cohorts, which files say what, where things go (config/config.yaml)."""

from __future__ import annotations

from pydantic import Field

from b12sarc.spec.base import Model, Name


class Download(Model):
    """How tables are fetched."""

    timeout_s: float = Field(60, gt=0)
    retries: int = Field(4, ge=0)
    backoff_s: float = Field(1.0, ge=0, description="pause before the first retry; doubles each time")


class Config(Model):
    """config/config.yaml, or another file laid over it with --configfile."""

    run: Name = Field(description="results go to results/<run>/")
    cohorts: tuple[Name, ...]
    raw_dir: str = "data/raw"
    results_dir: str = "results"
    dictionary: str = "config/dictionary.yaml"
    definitions: str = "config/definitions.yaml"
    analysis: str = "config/analysis.yaml"
    base_urls: dict[Name, str] = Field(default_factory=dict, description="archive -> mirror to use instead")
    download: Download = Download()
    seed: int = 20261123
    codebook_check: bool = Field(True, description="compare every variable with its codebook page")
