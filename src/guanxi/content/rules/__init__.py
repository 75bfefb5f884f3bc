"""Which language, and how a template becomes a letter."""

from guanxi.content.rules.facts import CLIPPED_AT, Facts, facts
from guanxi.content.rules.languages import canonical, choose, missing
from guanxi.content.rules.letters import Letter, Template, Values, first_name, write
from guanxi.content.rules.templates import MAX_BODY, MAX_SUBJECT, BadTemplate, check, variables

__all__ = [
    "CLIPPED_AT",
    "MAX_BODY",
    "MAX_SUBJECT",
    "BadTemplate",
    "Facts",
    "Letter",
    "Template",
    "Values",
    "canonical",
    "check",
    "choose",
    "facts",
    "first_name",
    "missing",
    "variables",
    "write",
]
