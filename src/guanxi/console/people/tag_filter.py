"""The part of a list's filter that asks for tags and roles. An address names tags by their ids, a form by names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import Http404, QueryDict
from django.utils.translation import gettext as _

from guanxi.governance.models import Staff
from guanxi.kit import keys
from guanxi.kit.cells import has_control
from guanxi.people import queries
from guanxi.people.models import Role, Tag
from guanxi.people.queries import split_names

MODES = ("any", "all", "none")
NAMES_AT_MOST = 50


@dataclass(frozen=True)
class Asked:
    """One tag that is asked for: `tag` is None when there is no such tag, or none for this reader."""

    text: str
    tag: Tag | None

    @property
    def key(self) -> str:
        return self.tag.public_id if self.tag else self.text

    @property
    def text_or_name(self) -> str:
        return queries.full_name(self.tag) if self.tag else self.text

    @property
    def words(self) -> str:
        return queries.full_name(self.tag) if self.tag else _("“%(name)s”, which is not there") % {"name": self.text}


class TagFilter:
    """Raises Http404 for what is no role, and for names that hold what cannot be seen."""

    def __init__(self, given: QueryDict, staff: Staff) -> None:
        self.role = given.get("role", "")
        texts = {mode: given.get(f"tags_{mode}", "").strip()[:2_000] for mode in MODES}
        if self.role not in ("", *Role.values) or any(has_control(text) for text in texts.values()):
            raise Http404
        named = {mode: split_names(text)[:NAMES_AT_MOST] for mode, text in texts.items()}
        every = [name for names in named.values() for name in names]
        known = _known(staff, every) if every else {}
        self.asked = {mode: [Asked(name, known.get(name)) for name in names] for mode, names in named.items()}

    @property
    def wanted(self) -> dict[str, Any]:
        tags = {
            f"tags_{mode}": tuple(one.tag.pk if one.tag else 0 for one in asked) for mode, asked in self.asked.items()
        }
        return {**tags, "role": self.role}

    @property
    def parts(self) -> dict[str, str]:
        tags = {f"tags_{mode}": ",".join(one.key for one in asked) for mode, asked in self.asked.items()}
        return {**tags, "role": self.role}

    def sentences(self) -> Iterator[tuple[str, str]]:
        """Words, and the part of the address that says so."""
        words = {
            "any": _("Has any tag of: %(names)s"),
            "all": _("Has all tags: %(names)s"),
            "none": _("Has none of: %(names)s"),
        }
        for mode, asked in self.asked.items():
            if asked:
                yield words[mode] % {"names": ", ".join(one.words for one in asked)}, f"tags_{mode}"
        if self.role:
            yield _("Role: %(role)s") % {"role": Role(self.role).label}, "role"

    @property
    def fields(self) -> list[dict[str, str]]:
        """For the menu: a line for each way to ask."""
        labels = {"any": _("Has any of these tags"), "all": _("Has all of them"), "none": _("Has none of them")}
        return [
            {"name": f"tags_{mode}", "label": labels[mode], "value": "; ".join(one.text_or_name for one in asked)}
            for mode, asked in self.asked.items()
        ]

    @property
    def role_options(self) -> list[tuple[str, str]]:
        return [("", _("Any role")), *((value, str(label)) for value, label in Role.choices)]


def _known(staff: Staff, names: list[str]) -> dict[str, Tag]:
    ids = [name for name in names if keys.PATTERN.match(name)]
    found = {tag.public_id: tag for tag in queries.tags_for(staff).filter(public_id__in=ids)} if ids else {}
    texts = [name for name in names if name not in ids]
    meant = queries.find_tags(staff, texts) if texts else {}
    return found | {name: tags[0] for name, tags in meant.items() if tags}
