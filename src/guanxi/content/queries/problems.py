"""What is wrong with a template, in words that say what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from guanxi.content.models import Content, Variant
from guanxi.content.rules import MAX_BODY, MAX_SUBJECT, BadTemplate, canonical, check, variables
from guanxi.people.models import Field


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one variant, as typed."""

    language: str
    subject: str
    body: str
    channel: str = "email"


def known_traits() -> list[str]:
    return list(Field.objects.order_by("key").values_list("key", flat=True))


def saying(trait: str) -> list[Content]:
    """The contents with a variant that reads this trait of a person."""
    found: dict[int, Content] = {}
    for one in Variant.objects.filter(Q(body__contains=trait) | Q(subject__contains=trait)).select_related("content"):
        if any(("person", "traits", trait) in _read(text) for text in (one.subject, one.body)):
            found[one.content_id] = one.content
    return sorted(found.values(), key=lambda one: (one.name, one.pk))


def _read(text: str) -> list[tuple[str, ...]]:
    try:
        return variables(text)
    except BadTemplate:
        return []


def problems(variants: Sequence[Words]) -> dict[tuple[str, str], BadTemplate]:
    """By (language, part), part being `language`, `subject` or `body`; empty when all of them work."""
    traits = known_traits()
    found: dict[tuple[str, str], BadTemplate] = {}
    seen: set[tuple[str, str]] = set()
    for words in variants:
        key = (canonical(words.language), words.channel)
        if not key[0] or key in seen:
            found[words.language, "language"] = BadTemplate("empty" if not key[0] else "twice")
        seen.add(key)
        for part, text, most in (("subject", words.subject, MAX_SUBJECT), ("body", words.body, MAX_BODY)):
            if problem := _problem(text, traits, most):
                found[words.language, part] = problem
    return found


def _problem(text: str, traits: Sequence[str], most: int) -> BadTemplate | None:
    if not text.strip():
        return BadTemplate("empty")
    try:
        check(text, traits, most=most)
    except BadTemplate as error:
        return error
    return None


def explain(problem: BadTemplate) -> str:
    """For staff, in the current language."""
    what = _what(problem)
    return _("Line %(line)s: %(what)s") % {"line": problem.line, "what": what} if problem.line else what


def _what(problem: BadTemplate) -> str:
    match problem.code:
        case "unknown_variable":
            return _(
                "There is no “%(name)s”. Use person.name, person.first_name, workspace.name, unsubscribe_url, "
                "preferences_url or person.traits with the key of a field."
            ) % {"name": problem.name}
        case "unknown_filter":
            return _("There is no filter “%(name)s”. Remove it or use another one, such as default or upcase.") % {
                "name": problem.name
            }
        case "unknown_tag":
            return _("“%(name)s” cannot be used here. Use if, unless, case, for or assign.") % {"name": problem.name}
        case "too_long":
            return _("This is too long. At most %(most)s characters fit.") % {"most": problem.most}
        case "too_much":
            return _("This writes or repeats too much. Make the loop or the text shorter.")
        case "empty":
            return _("Write something here.")
        case "twice":
            return _("This language is here twice. Remove one of them.")
        case _:
            return _("This cannot be read: %(name)s. Check the braces and that every block is closed.") % {
                "name": problem.name
            }
