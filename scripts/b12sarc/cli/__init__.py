"""The console command ``b12sarc``: cohorts made, checked, listed and changed, without Snakemake.

What every command imports is light; pandas and the readers are imported by the commands that read data.
"""
