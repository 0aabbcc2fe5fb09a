"""The models and prevalences that only the claims need, as a project that asks for nothing else."""

from __future__ import annotations

from dataclasses import replace

from b12sarc.spec import Project


def of_claims(project: Project) -> Project:
    """Return the project with the claims' models and prevalences in place of its own; without claims, none.

    Pairs of the analysis itself are fitted again here: the two tables then have the same row twice, and the
    ledger keeps the first.
    """
    asked = project.claims.models if project.claims else None
    models = project.analysis.models
    update = {
        "exposures": asked.exposures if asked else (),
        "outcomes": asked.outcomes if asked else (),
        "adjustments": asked.adjustments if asked else (),
        "missing": models.missing[:1],
        "subgroups": ("all",),
    }
    described = project.analysis.describe
    shares = [name for name in _shares(project) if name not in described.prevalence_of]
    analysis = project.analysis.model_copy(
        update={
            "models": models.model_copy(update=update),
            "describe": described.model_copy(update={"prevalence_of": tuple(dict.fromkeys(shares))}),
        }
    )
    return replace(project, analysis=analysis)


def _shares(project: Project) -> list[str]:
    claims = project.claims.claims.values() if project.claims else ()
    return [name.partition("[")[0] for claim in claims for test in claim.shares for name in test.definitions]
