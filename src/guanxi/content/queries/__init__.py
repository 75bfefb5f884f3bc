"""Questions about what we say: which languages there are, how a letter looks, what is wrong with a template."""

from guanxi.content.queries.languages import languages_of, missing_languages
from guanxi.content.queries.letters import SAMPLE, preview, preview_of, snapshot, written
from guanxi.content.queries.problems import Words, explain, known_traits, problems
from guanxi.content.rules import MAX_BODY, MAX_SUBJECT, BadTemplate, Letter, Template, canonical

__all__ = [
    "MAX_BODY",
    "MAX_SUBJECT",
    "SAMPLE",
    "BadTemplate",
    "Letter",
    "Template",
    "Words",
    "canonical",
    "explain",
    "known_traits",
    "languages_of",
    "missing_languages",
    "preview",
    "preview_of",
    "problems",
    "snapshot",
    "written",
]
