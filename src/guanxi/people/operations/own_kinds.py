"""Kinds of ids that a workspace adds to those that are built in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.utils import translation
from pypinyin import lazy_pinyin

from guanxi.governance import operations as governance
from guanxi.governance.models import Staff, Workspace
from guanxi.kit import cells, scope
from guanxi.people.models import Identity, Keeps, OwnKind, Sighting, Trust
from guanxi.people.models.linking import KIND_LABELS
from guanxi.people.rules import slug
from guanxi.people.rules.kinds import BUILT_IN

OWN_KINDS = 50
NAME_LIMIT = 80
KEY = re.compile(r"[a-z][a-z0-9_]{0,19}")
_KEY_ROOM = 16  # of the 20 characters of a key, so that a number can follow


class KindRefused(ValueError):
    """`reason`: no_name, bad_key, built_in, same_key, same_name, too_many, in_use (there are ids of it),
    seen_with_others (its ids came with people who do not have them), several_each (people have two of it)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class KindWanted:
    """`single`, that two of it are two people, only means something for what proves a person."""

    label: str
    trust: str = Trust.PROOF.value
    keeps: str = Keeps.SEALED.value
    single: bool = False
    place: str = ""


@transaction.atomic
def add_kind(*, wanted: KindWanted, key: str = "", by: Staff, now: datetime) -> OwnKind:
    """Without a `key` one is made from the name. Raises KindRefused."""
    own = _in_turn()
    label = _named(wanted.label, own)
    if len(own) >= OWN_KINDS:
        raise KindRefused("too_many")
    taken = {*BUILT_IN, *(one.key for one in own)}
    key = key.strip() or _key_for(label, taken)
    if not KEY.fullmatch(key):
        raise KindRefused("bad_key")
    if key in taken:
        raise KindRefused("built_in" if key in BUILT_IN else "same_key")
    single = wanted.single and wanted.trust == Trust.PROOF
    made: OwnKind = OwnKind.objects.create(
        key=key,
        label=label,
        trust=wanted.trust,
        keeps=wanted.keeps,
        single=single,
        place=wanted.place,
        created_at=now,
    )
    detail = {"kind": key, "trust": made.trust}
    governance.record(act="id_kind.added", by=by, subject=made.public_id, detail=detail, now=now)
    return made


@transaction.atomic
def change_kind(*, kind: OwnKind, wanted: KindWanted, by: Staff, now: datetime) -> OwnKind:
    """The key stays. Merges that stand because of its ids stand, whatever it proves from now on. Raises KindRefused."""
    own = _in_turn()
    held = next(one for one in own if one.pk == kind.pk)
    label = _named(wanted.label, [one for one in own if one.pk != kind.pk])
    single = wanted.single and wanted.trust == Trust.PROOF
    ids = Identity.objects.filter(kind=held.key)
    if (wanted.keeps, wanted.place) != (held.keeps, held.place) and ids.exists():
        raise KindRefused("in_use")
    if wanted.trust == Trust.PROOF != held.trust and Sighting.objects.filter(identity__kind=held.key).exists():
        raise KindRefused("seen_with_others")
    if single and not held.single and _several_each(held.key):
        raise KindRefused("several_each")
    new = {"label": label, "trust": wanted.trust, "keeps": wanted.keeps, "single": single, "place": wanted.place}
    if any(getattr(held, name) != value for name, value in new.items()):
        OwnKind.objects.filter(pk=held.pk).update(**new)
        detail = {"kind": held.key, "trust": wanted.trust}
        governance.record(act="id_kind.changed", by=by, subject=held.public_id, detail=detail, now=now)
    held.refresh_from_db()
    return held


@transaction.atomic
def remove_kind(*, kind: OwnKind, by: Staff, now: datetime) -> None:
    """One of which there are no ids. Raises KindRefused."""
    held = next(one for one in _in_turn() if one.pk == kind.pk)
    if Identity.objects.filter(kind=held.key).exists():
        raise KindRefused("in_use")
    governance.record(act="id_kind.removed", by=by, subject=held.public_id, detail={"kind": held.key}, now=now)
    held.delete()


def _in_turn() -> list[OwnKind]:
    """All own kinds; two changes at once come one after the other."""
    Workspace.objects.select_for_update(no_key=True).get(pk=scope.current())
    return list(OwnKind.objects.order_by("pk"))


def _named(label: str, others: list[OwnKind]) -> str:
    words = " ".join(label.split())
    if not words or len(words) > NAME_LIMIT or cells.has_control(words):
        raise KindRefused("no_name")
    if words.casefold() in {one.label.casefold() for one in others} | _built_in_names():
        raise KindRefused("same_name")
    return words


def _built_in_names() -> set[str]:
    names = set[str]()
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            names |= {str(label).casefold() for label in KIND_LABELS.values()}
    return names


def _key_for(label: str, taken: set[str]) -> str:
    latin = re.sub(r"[^a-z0-9]+", "_", "_".join(lazy_pinyin(label)).casefold()).strip("_")[:_KEY_ROOM].strip("_")
    return slug(label, latin or "own_id", taken)


def _several_each(key: str) -> bool:
    held = Identity.objects.filter(kind=key).values("person", "within").annotate(ids=Count("pk"))
    return held.order_by().filter(ids__gt=1).exists()
