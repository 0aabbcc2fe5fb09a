"""A small, valid project written to a folder, and the problems that a change to it makes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import yaml

from b12sarc.errors import B12SarcError
from b12sarc.spec import Project
from b12sarc.spec.loading import load_project

CONFIG = "config/config.yaml"
DICTIONARY = "config/dictionary.yaml"
ASSAYS = "config/assays.yaml"
DEFINITIONS = "config/definitions.yaml"
ANALYSIS = "config/analysis.yaml"
COHORT = "cohorts/mini/cohort.yaml"

FILES = {
    CONFIG: """\
        run: test
        cohorts: [mini]
        base_urls: {}
        seed: 1
        """,
    DICTIONARY: """\
        variables:
          age:
            label: Age
            type: continuous
            unit: years
            plausible: {min: 0, max: 120, source: human life}
          sex:
            label: Sex
            type: categorical
            categories: {male: Men, female: Women}
            reference: male
          b12:
            label: Serum B12
            type: continuous
            unit: pmol/L
            accepts: {pg/mL: 0.738}
            plausible: {min: 1, max: 1000000, source: above 0}
          mma: {label: MMA, type: continuous, unit: nmol/L}
          creatinine: {label: Creatinine, type: continuous, unit: mg/dL}
          grip: {label: Grip, type: continuous, unit: kg, plausible: {min: 0, max: 120, source: device}}
          walk: {label: Walk, type: categorical, categories: {easy: Easy, hard: Hard}, reference: easy}
          smoker: {label: Smoker, type: binary}
          drug: {label: Takes B12, type: binary}
          mass: {label: Lean mass, type: continuous, unit: kg}
        """,
    ASSAYS: """\
        equations:
          old_to_new:
            label: Old method to new method
            form: linear
            terms: {1: 2}
            from: old_method
            to: new_method
            unit: pg/mL
            valid: {min: 10, max: 1000, source: somebody}
            source: somebody
        """,
    DEFINITIONS: """\
        definitions:
          low_b12:
            label: Low B12
            roles: [exposure]
            kind: binary
            rule: {var: b12, op: "<", value: 148, unit: pmol/L}
            contrast: {text: low vs not}
            citation: somebody
          b12_group:
            label: B12 group
            roles: [exposure]
            kind: categorical
            levels:
              low: {var: b12, op: "<", value: 148, unit: pmol/L}
              high: {var: b12, op: ">=", value: 148, unit: pmol/L}
            level_labels: {low: Low}
            reference: high
            contrasts: {low: low vs high}
            citation: somebody
          log2_b12:
            label: B12 (log2)
            roles: [exposure]
            kind: continuous
            value_of: {var: b12, transform: log2}
            unit: log2 pmol/L
            contrast: {text: per halving, multiply: -1}
            citation: somebody
          index:
            label: Index
            roles: [exposure]
            kind: index
            components:
              - {var: b12, transform: ln, sign: 1}
              - {var: mma, transform: ln, sign: -1}
              - {var: mass, transform: identity, sign: 1}
            unit: z-score
            contrast: {text: per 1}
            citation: somebody
          weak:
            label: Weak
            roles: [outcome]
            kind: binary
            rule:
              by:
                var: sex
                cases:
                  male: {var: grip, op: "<", value: 27, unit: kg}
                  female: {var: grip, op: "<", value: 16, unit: kg}
            citation: somebody
          hard_walk:
            label: Hard to walk
            roles: [outcome]
            kind: binary
            rule: {not: {any: [{var: walk, op: in, value: [easy]}, {var: smoker, op: "==", value: true}]}}
            citation: somebody
          egfr:
            label: Kidney function
            roles: [covariate]
            kind: continuous
            formula:
              name: ckd_epi_2021_creatinine
              arguments: {creatinine_mg_dl: creatinine, age_years: age, sex: sex}
            unit: mL/min/1.73 m2
            citation: somebody
          low_mass:
            label: Low mass
            roles: [outcome]
            kind: binary
            rule: {var: mass, op: "<", value: 10, unit: kg}
            citation: somebody
        """,
    ANALYSIS: """\
        population:
          id: old
          title: Old
          domain:
            - {id: old, description: Old, keep: {var: age, op: ">=", value: 65, unit: years}}
            - {id: seen, description: Examined, examined: true}
          analytic:
            - {id: has_b12, description: B12, measured: [b12]}
            - {id: whole, description: All, covariates_of: full}
        adjustment_sets:
          crude: {label: Crude}
          basic: {label: Basic, terms: [{var: age, form: linear}, {var: sex, form: categorical}]}
          full:
            label: Full
            extends: basic
            terms:
              - {var: cycle, form: categorical}
              - {var: egfr, form: linear}
        models:
          exposures: [low_b12, b12_group, log2_b12, index]
          outcomes: [weak, grip]
          adjustments: [crude, full]
        families:
          primary:
            label: Primary
            method: holm
            cohorts: [mini]
            exposures: [low_b12]
            outcomes: [weak]
            adjustments: [full]
            estimators: [poisson]
            group_by: [cohort]
        describe:
          table1:
            by: b12_group
            rows: [age, sex]
          prevalence_of: [low_b12, weak]
          subgroups:
            all: {label: All}
            sex: {label: Sex, var: sex}
        headline:
          exposures: [low_b12]
          outcomes: [weak]
          adjustment: full
        """,
    COHORT: """\
        schema_version: 2
        access: public
        id: mini
        title: Mini
        population: Nobody
        citation: nobody
        archive:
          name: mini_files
          base_url: https://example.org
          table_path: "{begin_year}/{table}.xpt"
          codebook_path: "{begin_year}/{table}.htm"
        cycles:
          2011-2012: {begin_year: 2011, years: 2}
          2013-2014: {begin_year: 2013, years: 2}
        files:
          demo: {table: {2011-2012: DEMO_G, 2013-2014: DEMO_H}, key: SEQN}
          lab: {table: {2011-2012: LAB_G, 2013-2014: LAB_H}, key: SEQN}
          rx: {table: {2011-2012: RX_G, 2013-2014: RX_H}, key: SEQN, rows: many}
        design:
          kind: stratified_cluster
          strata: {file: demo, column: STRA}
          psu: {file: demo, column: PSU}
          weight: {role: mec, file: demo, column: WT, years: 2}
        variables:
          age: {file: demo, column: AGE, unit: years, top_coded_at: 80}
          sex: {file: demo, column: SEX, map: {1: male, 2: female}}
          b12: {file: lab, column: {2011-2012: B12, 2013-2014: B12H}, unit: pg/mL}
          mma: {file: lab, column: MMA, unit: nmol/L}
          creatinine: {file: lab, column: CREA, unit: mg/dL}
          grip: {file: lab, max_of: [G1, G2], unit: kg}
          walk: {file: demo, column: WALK, map: {1: easy, 2: hard}, missing: [7, 9]}
          smoker: {file: demo, column: SMOKE, map: {1: true, 2: false}}
          drug: {file: rx, any_row: {column: DRUG, in: [d1]}, answered_if: {column: USE, in: [1, 2]}}
          mass: {status: impossible, reason: no scanner}
        """,
}


class MiniProject:
    """The project in a folder; every change keeps the rest as it is."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name, text in FILES.items():
            self.write(name, dedent(text))

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def read(self, name: str) -> str:
        return (self.root / name).read_text(encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a text that is there exactly once."""
        text = self.read(name)
        assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {name}"
        self.write(name, text.replace(old, new))

    def at(self, name: str, words: str) -> str:
        """Return ``file:line`` of the first line that holds ``words``."""
        lines = self.read(name).splitlines()
        return f"{name}:{next(n for n, line in enumerate(lines, 1) if words in line)}"

    def load(self, **overlay: object) -> Project:
        """Load as Snakemake would: config.yaml with ``overlay`` laid over it."""
        return load_project({**yaml.safe_load(self.read(CONFIG)), **overlay}, self.root)

    def problems(self, **overlay: object) -> list[str]:
        """Return every problem as the user sees it; none when the project loads."""
        try:
            self.load(**overlay)
        except B12SarcError as error:
            return [str(problem) for problem in error.problems]
        return []

    def first_change(self, name: str) -> str:
        """Return ``file:line`` of the first line that differs from the valid project."""
        before, after = dedent(FILES[name]).splitlines(), self.read(name).splitlines()
        same = next((n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), len(before))
        return f"{name}:{same + 1}"


@dataclass(frozen=True)
class Case:
    """A change to one file, and the one problem it makes.

    Attributes:
        old: text of the valid file that is replaced.
        new: what replaces it.
        key: key path in the message.
        what: what is wrong.
        fix: what to do.
        line: words of the line that the message names; by default the first line that changes.
    """

    old: str
    new: str
    key: str
    what: str
    fix: str = ""
    line: str = ""

    def __str__(self) -> str:
        return f"{self.key}: {self.what}"

    def check(self, root: Path, file: str) -> None:
        """Assert that the change is refused, in exactly one line."""
        project = MiniProject(root)
        project.edit(file, self.old, self.new)

        found = project.problems()

        place = project.at(file, self.line) if self.line else project.first_change(file)
        assert found == [f"{place}: {self.key}: {self.what}" + (f" -> {self.fix}" if self.fix else "")]
