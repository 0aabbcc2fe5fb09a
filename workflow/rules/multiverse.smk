# Required inputs: results/<run>/<cohort>/{analysis,analysis_imputed}.parquet
# Outputs: results/<run>/<cohort>/multiverse.parquet, multiverse_left_out.csv and multiverse_replicates.npy;
#          results/<run>/multiverse.parquet, multiverse_left_out.csv and multiverse_summary.csv


rule multiverse:
    input:
        frame=of_persons("analysis.parquet"),
        imputed=of_persons("analysis_imputed.parquet"),
    output:
        specifications=f"{RUN}/{{cohort}}/multiverse.parquet",
        left_out=f"{RUN}/{{cohort}}/multiverse_left_out.csv",
        replicates=f"{RUN}/{{cohort}}/multiverse_replicates.npy",
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


rule specification_curve:
    input:
        specifications=of_cohorts("multiverse.parquet"),
        left_out=of_cohorts("multiverse_left_out.csv"),
        replicates=of_cohorts("multiverse_replicates.npy"),
    output:
        specifications=f"{RUN}/multiverse.parquet",
        left_out=f"{RUN}/multiverse_left_out.csv",
        summary=f"{RUN}/multiverse_summary.csv",
    params:
        parts=uses("config.seed", "analysis.multiverse", "analysis.confidence_level"),
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
