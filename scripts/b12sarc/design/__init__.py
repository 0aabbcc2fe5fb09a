"""The survey design and its domains: who was sampled how, and the covariance of an estimate.

A subset is analysed only through ``design.domain(mask)``. A :class:`Domain` keeps the whole design, so a PSU
without members in the domain still counts in its stratum (with a total of zero); dropping rows before
variance estimation, the classic error, cannot be written.
"""

from b12sarc.design.domain import AnalysisDomain, Domain, Refit
from b12sarc.design.linearised import LinearisedDomain, SinglePsu, SurveyDesign
from b12sarc.design.replicate import ReplicateDesign, ReplicateDomain

__all__ = [
    "AnalysisDomain",
    "Domain",
    "LinearisedDomain",
    "Refit",
    "ReplicateDesign",
    "ReplicateDomain",
    "SinglePsu",
    "SurveyDesign",
]
