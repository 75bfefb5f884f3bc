"""The JSON of a rule beside its sentence, for whoever writes rules by program."""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext as _

from guanxi.audiences.queries import Catalogue, RuleError, parse_rule
from guanxi.console.audiences.errors import error_text
from guanxi.console.audiences.shown import sketch_of
from guanxi.console.audiences.sketch import Sketch

LONGEST = 100_000


class NotARule(Exception):
    """Its text says where and what to do."""


def in_json(rule: Any) -> str:
    return json.dumps(rule, ensure_ascii=False, indent=2)


def pasted(text: str, catalogue: Catalogue, own: str = "") -> Sketch:
    """Raises NotARule."""
    if len(text) > LONGEST:
        raise NotARule(_("This text is too long. At most %(most)s characters fit.") % {"most": LONGEST})
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        where = {"line": error.lineno, "column": error.colno}
        raise NotARule(_("This is no JSON. Look at line %(line)s, column %(column)s.") % where) from None
    except (RecursionError, ValueError):
        raise NotARule(_("This is no rule.")) from None
    try:
        return sketch_of(parse_rule(data, catalogue, own), catalogue)
    except RuleError as error:
        said = {"place": error.path or _("the whole"), "wrong": error_text(error)}
        raise NotARule(_("%(place)s: %(wrong)s") % said) from None
