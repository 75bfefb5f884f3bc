"""What is wrong with a rule, in words."""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.audiences.queries import RuleError

ERRORS: dict[str, Any] = {
    "unknown_tag": gettext_lazy("This tag does not exist any more. Choose another one."),
    "unknown_channel": gettext_lazy("This channel is not installed here. Choose another one."),
    "unknown_tie": gettext_lazy("This does not exist here any more. Choose something from the list."),
    "unknown_audience": gettext_lazy("This audience does not exist any more. Choose another one."),
    "cycle": gettext_lazy("These audiences lead back to each other: %(key)s. Choose another one."),
    "broken_audience": gettext_lazy("The rule of “%(key)s” does not work any more. Mend it first."),
    "wrong_bound": gettext_lazy("These numbers do not fit together. Enter other ones."),
    "empty_group": gettext_lazy("Add at least one condition here."),
    "empty": gettext_lazy("Enter a value."),
    "missing": gettext_lazy("Enter a value."),
    "missing_bound": gettext_lazy("Enter a number."),
    "wrong_order": gettext_lazy("The lower value must come first."),
    "wrong_type": gettext_lazy("This value does not fit. Enter %(kind)s."),
    "wrong_number": gettext_lazy("This number is too small or too big. Enter another one."),
    "wrong_date": gettext_lazy("Enter a day between 1970 and 2200."),
    "no_such_day": gettext_lazy("This month has no such day. Enter another one, or none for the whole month."),
    "not_a_day": gettext_lazy("Only a day comes round every year. Choose a field that holds a day."),
    "wrong_operator": gettext_lazy("This comparison does not work here. Choose another one."),
    "unknown_operator": gettext_lazy("This comparison does not work here. Choose another one."),
    "unknown_trait": gettext_lazy("“%(key)s” is not kept of people here. Choose something from the list."),
    "unknown_event": gettext_lazy("Nothing called “%(key)s” happens here. Choose something from the list."),
    "unknown_property": gettext_lazy("“%(key)s” is not known of this. Choose something from the list."),
    "unknown_value": gettext_lazy("This is not one of the choices. Choose from the list."),
    "no_amount": gettext_lazy("This carries no amount. Count times or days instead."),
    "control_character": gettext_lazy("The text holds a character that cannot be typed. Enter it again."),
    "too_long": gettext_lazy("This text is too long. At most %(most)s characters fit."),
    "too_many_values": gettext_lazy("These are too many values. At most %(most)s fit."),
    "too_many_clauses": gettext_lazy("These are too many conditions. At most %(most)s fit."),
    "too_deep": gettext_lazy("These stand too deep in each other. Take some out of their groups, or out of a “not”."),
    "unknown_field": gettext_lazy("This field is not known here. Take it out."),
}
KINDS: dict[str, Any] = {
    "text": gettext_lazy("a text"),
    "number": gettext_lazy("a number, such as 3 or 2.5"),
    "date": gettext_lazy("a day"),
    "flag": gettext_lazy("yes or no"),
    "": gettext_lazy("a whole number or an amount"),
    "whole": gettext_lazy("a whole number"),
    "list": gettext_lazy("a list: […]"),
    "object": gettext_lazy("an object: {…}"),
    "rule": gettext_lazy("an object with “version” and “where”"),
}
# What stands at a place of a rule, by the name at the end of its path, where the error does not say it.
WANTED = {
    "": "rule",
    **dict.fromkeys(("days", "least", "most", "percent", "skip", "number", "month", "months", "day"), "whole"),
    **dict.fromkeys(("all", "any", "where", "having", "levels", "roles", "bands", "tags", "of"), "list"),
    **dict.fromkeys(("not", "within", "first", "next", "gap", "falls"), "object"),
    **dict.fromkeys(("event", "trait", "prop", "audience", "seed", "channel", "purpose"), "text"),
}
ENTRIES = {"all": "object", "any": "object", "where": "object", "having": "object", "tags": "text", "of": "text"}
END = re.compile(r"(\w*)(\[\d+\])?$", re.ASCII)


def error_text(error: RuleError) -> str:
    """What is wrong and what to do, in the current language."""
    words = ERRORS.get(error.code)
    if words is None:
        return _("This cannot be used here. Change it or remove it.")
    kind = str(KINDS.get(str(error.params.get("kind", "") or _wanted(error.path)), ""))
    return str(words) % {"key": error.params.get("key", ""), "most": error.params.get("most", ""), "kind": kind}


def _wanted(path: str) -> str:
    if path == "where":
        return "object"  # elsewhere it is the list of details of an event
    found = END.search(path)
    assert found is not None
    return (ENTRIES if found[2] else WANTED).get(found[1], "")
