# Required inputs: results/<run>/<cohort>/{analysis,analysis_imputed,completed}.parquet
# Outputs: results/<run>/<cohort>/effect_modification.csv, if the analysis asks for it


rule effect_modification:
    input:
        frame=of_persons("analysis.parquet"),
        imputed=of_persons("analysis_imputed.parquet"),
        completed=of_persons("completed.parquet"),
    output:
        table=f"{RUN}/{{cohort}}/effect_modification.csv",
    params:
        parts=uses(
            "cohorts",
            "dictionary",
            "definitions",
            "analysis.population",
            "analysis.models",
            "analysis.adjustment_sets",
            "analysis.describe",
            "analysis.effect_modification",
            "analysis.confidence_level",
        ),
        code=code("effect_modification.py"),
    log:
        f"{RUN}/logs/{{cohort}}/effect_modification.log",
    resources:
        mem_mb=1500,
        runtime=30,
    message:
        "See in whom the associations of {wildcards.cohort} differ"
    script:
        "../../scripts/effect_modification.py"
