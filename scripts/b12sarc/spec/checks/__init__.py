"""What pydantic cannot see: whether the files of a project fit each other."""

from __future__ import annotations

from b12sarc.errors import Problem
from b12sarc.spec.checks.analysis import AnalysisCheck
from b12sarc.spec.checks.claims import check_claims
from b12sarc.spec.checks.cohort import CohortCheck
from b12sarc.spec.checks.context import Names, Page, Sources
from b12sarc.spec.checks.curves import check_curves
from b12sarc.spec.checks.definitions import DefinitionCheck, check_names
from b12sarc.spec.checks.effect_modification import check_effect_modification
from b12sarc.spec.checks.imputation import check_imputation
from b12sarc.spec.checks.multiverse import check_multiverse
from b12sarc.spec.checks.over_time import check_over_time
from b12sarc.spec.checks.reproduction import check_reproduction
from b12sarc.spec.checks.run import check_run, check_shared
from b12sarc.spec.checks.sensitivity import check_sensitivity

__all__ = ["Page", "Sources", "check"]


def check(sources: Sources) -> list[Problem]:
    """Return every problem between the files, as far as they are sound in themselves."""
    problems: list[Problem] = []
    dictionary = Page(sources.dictionary.document, problems)
    definitions = Page(sources.definitions.document, problems)
    cohorts = {name: Page(checked.document, problems) for name, checked in sources.cohorts.items()}
    names = Names(sources)
    check_run(sources, Page(sources.config.document, problems))
    check_names(sources, dictionary, definitions)
    DefinitionCheck(names, definitions).run(sources.definitions.model.definitions)
    analysis = Page(sources.analysis.document, problems)
    AnalysisCheck(sources, names, analysis).run()
    check_over_time(sources, names, analysis)
    check_imputation(sources, names, analysis)
    check_effect_modification(sources, names, analysis)
    check_curves(sources, names, analysis)
    check_sensitivity(sources, names, analysis)
    check_multiverse(sources, names, analysis)
    _check_evidence(sources, names, Page(sources.evidence.document, problems))
    for name, checked in sources.cohorts.items():
        CohortCheck(checked, sources.dictionary, sources.assays, cohorts[name]).run()
    check_shared(sources, cohorts)
    if sources.claims is not None:
        check_claims(sources, names, sources.claims.model, Page(sources.claims.document, problems))
    for name, reproduction in sources.reproductions.items():
        check_reproduction(sources, name, Page(reproduction.document, problems))
    return problems


def _check_evidence(sources: Sources, names: Names, page: Page) -> None:
    """Note outcomes that nothing has the name of."""
    for name, study in sources.evidence.model.studies.items():
        path = ("studies", name, "beside")
        for place, outcome in enumerate(study.beside):
            names.check(page, (*path, place), outcome)
        page.repeated(path, study.beside)
