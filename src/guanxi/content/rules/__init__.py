"""Which language, and how a template becomes a letter."""

from guanxi.content.rules.languages import canonical, choose, missing
from guanxi.content.rules.letters import Letter, Template, Values, first_name, write
from guanxi.content.rules.templates import MAX_BODY, MAX_SUBJECT, BadTemplate, check

__all__ = [
    "MAX_BODY",
    "MAX_SUBJECT",
    "BadTemplate",
    "Letter",
    "Template",
    "Values",
    "canonical",
    "check",
    "choose",
    "first_name",
    "missing",
    "write",
]
