"""Questions about broadcasts: who would get it, how far it is, what came of it."""

from guanxi.reach.queries.results import Other, Results, Sales, results
from guanxi.reach.queries.review import Problem, Review, explain, problems, review
from guanxi.reach.rules import LEAST_BUYERS, LEAST_PEOPLE, WATCHED, Arm, Effect

__all__ = [
    "LEAST_BUYERS",
    "LEAST_PEOPLE",
    "WATCHED",
    "Arm",
    "Effect",
    "Other",
    "Problem",
    "Results",
    "Review",
    "Sales",
    "explain",
    "problems",
    "results",
    "review",
]
