"""What the report says whatever the numbers are."""

TITLE = "Vitamin B12 status and sarcopenia in people aged 65 and over"
QUESTION = "Is low vitamin B12 status linked to weak grip in people aged 65 and over?"
HOW_TO_READ = (
    "“Clear” means that the interval excludes no difference. Effect, interval and p come from the primary "
    "adjustment set; the others stand below."
)
DISCLAIMERS = {
    "nhanes": (
        "The analyses, interpretations and conclusions are those of the person who ran this pipeline. The "
        "National Center for Health Statistics is responsible only for the initial data. The public-use "
        "files are for statistical reporting and analysis only; nobody may try to learn who a person in "
        "them is."
    )
}
