"""Words that say that one thing makes another happen; the report has none of them."""

from __future__ import annotations

import re

CAUSAL = re.compile(
    r"\b(caus\w+|leads? to|led to|leading to|improv\w+|effects? of|effect on|due to|result(s|ed|ing)? in|"
    r"because of|reduces?|increases?|decreases?|protect\w*|prevents?|impact\w*|worsen\w*|affects?)\b",
    re.IGNORECASE,
)
