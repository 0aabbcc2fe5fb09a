"""b12sarc: is low vitamin B12 status linked to sarcopenia in people over 65?

Pure functions behind the Snakemake rules. Data flow one way:
acquire -> harmonise -> derive -> describe / fit -> synthesise -> report;
a module imports only from its own floor or below (docs/explanation/architecture.md).
"""

__version__ = "0.1.0"
