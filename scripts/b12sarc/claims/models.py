"""The models that only the claims need, as a project whose grid of models they are."""

from __future__ import annotations

from dataclasses import replace

from b12sarc.spec import Project


def with_claim_models(project: Project) -> Project:
    """Return the project with the claims' models in place of its own; without claims' models, with none.

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
    return replace(
        project, analysis=project.analysis.model_copy(update={"models": models.model_copy(update=update)})
    )
