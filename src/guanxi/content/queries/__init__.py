"""Questions about what we say: which languages there are, how a letter looks, what is wrong with a template."""

from guanxi.content.queries.languages import languages_of, missing_languages
from guanxi.content.queries.letters import SAMPLE, looked_at, preview, preview_of, saved, snapshot, written
from guanxi.content.queries.problems import Words, explain, known_traits, problems, saying
from guanxi.content.rules import (
    CLIPPED_AT,
    MAX_BODY,
    MAX_SUBJECT,
    BadTemplate,
    Facts,
    Letter,
    Template,
    canonical,
    first_name,
)

__all__ = [
    "CLIPPED_AT",
    "MAX_BODY",
    "MAX_SUBJECT",
    "SAMPLE",
    "BadTemplate",
    "Facts",
    "Letter",
    "Template",
    "Words",
    "canonical",
    "explain",
    "first_name",
    "known_traits",
    "languages_of",
    "looked_at",
    "missing_languages",
    "preview",
    "preview_of",
    "problems",
    "saved",
    "saying",
    "snapshot",
    "written",
]
