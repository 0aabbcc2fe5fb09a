# Required inputs: results/<run>/<cohort>/{analysis,analysis_imputed,completed}.parquet
# Outputs: results/<run>/<cohort>/multiverse.parquet, multiverse_left_out.csv and multiverse_replicates.npy;
#          results/<run>/multiverse.parquet, multiverse_left_out.csv and multiverse_summary.csv. Replicates tell, with
#          the seed, what single PSUs add: those of a restricted cohort are in data/interim/<run>/<cohort>/


rule multiverse:
    input:
        frame=of_persons("analysis.parquet"),
        imputed=of_persons("analysis_imputed.parquet"),
        completed=of_persons("completed.parquet"),
    output:
        specifications=f"{RUN}/{{cohort}}/multiverse.parquet",
        left_out=f"{RUN}/{{cohort}}/multiverse_left_out.csv",
        replicates=persons("multiverse_replicates.npy"),
    wildcard_constraints:
        cohort=those_with_access("public"),
    params:
        parts=uses(
            "cohorts",
            "dictionary",
            "definitions",
            "config.seed",
            "analysis.population",
            "analysis.models",
            "analysis.adjustment_sets",
            "analysis.describe",
            "analysis.sensitivity",
            "analysis.multiverse",
            "analysis.confidence_level",
        ),
        code=code("multiverse.py"),
    log:
        f"{RUN}/logs/{{cohort}}/multiverse.log",
    resources:
        mem_mb=2000,
        runtime=30,
    message:
        "Fit every specification of the multiverse of {wildcards.cohort}"
    script:
        "../../scripts/multiverse.py"


use rule multiverse as multiverse_restricted with:
    output:
        specifications=f"{RUN}/{{cohort}}/multiverse.parquet",
        left_out=f"{RUN}/{{cohort}}/multiverse_left_out.csv",
        replicates=persons("multiverse_replicates.npy", restricted=True),
    wildcard_constraints:
        cohort=those_with_access("restricted"),


rule specification_curve:
    input:
        specifications=of_cohorts("multiverse.parquet"),
        left_out=of_cohorts("multiverse_left_out.csv"),
        replicates=multiverse_replicates(),
    output:
        specifications=f"{RUN}/multiverse.parquet",
        left_out=f"{RUN}/multiverse_left_out.csv",
        summary=f"{RUN}/multiverse_summary.csv",
    params:
        parts=uses("cohorts", "config.cohorts", "config.seed", "analysis.multiverse", "analysis.confidence_level"),
        code=code("specification_curve.py"),
    log:
        f"{RUN}/logs/specification_curve.log",
    resources:
        mem_mb=2000,
        runtime=10,
    message:
        "Put the specifications of all cohorts together and test them jointly"
    script:
        "../../scripts/specification_curve.py"
