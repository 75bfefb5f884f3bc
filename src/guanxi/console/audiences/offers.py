"""What a condition can be about, found by what somebody types: in their language, in pinyin, by first letters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from guanxi.audiences.queries import Catalogue
from guanxi.console.audiences.more import BANDS, said_of_channels
from guanxi.console.audiences.names import event_label, trait_label
from guanxi.kit.names import fold, typed_as
from guanxi.people.models import Level, Role

MOST = 6
LONGEST = 60


@dataclass(frozen=True)
class Offer:
    act: str
    label: str


@dataclass(frozen=True)
class Section:
    label: str
    offers: list[Offer]


def offers(catalogue: Catalogue, text: str, own: str = "") -> list[Section]:
    """`own` is the audience that cannot be named. Nothing typed finds nothing."""
    wanted = fold(text[:LONGEST]).split()
    found = [(label, [one for one in some if _fits(one, wanted)]) for label, some in _all(catalogue, own)]
    return [Section(label, some[:MOST]) for label, some in found if some] if wanted else []


def _fits(offer: Offer, wanted: list[str]) -> bool:
    ways = (fold(offer.label), offer.act, *typed_as(offer.label))
    return any(all(word in way for word in wanted) for way in ways)


def _all(catalogue: Catalogue, own: str) -> Iterator[tuple[str, Iterator[Offer]]]:
    yield (
        _("What they did"),
        (Offer(f"event={name}", event_label(name, one.label)) for name, one in catalogue.events.items()),
    )
    yield (
        _("What is known of them"),
        (Offer(f"trait={name}", trait_label(name, one.label)) for name, one in catalogue.traits.items()),
    )
    yield _("Kinds of conditions"), _kinds()
    yield _("Consent"), (Offer(f"agreed={code}", label) for code, label in said_of_channels(catalogue))
    yield _("Level"), (Offer(f"level={code}", str(label)) for code, label in Level.choices)
    yield _("Role"), (Offer(f"role={code}", str(label)) for code, label in Role.choices)
    yield _("Connection"), (Offer(f"strength={code}", str(label)) for code, label in BANDS)
    yield _("Tags"), (Offer(f"tag={key}", one.label) for key, one in catalogue.tags.items())
    headings = {"friend": _("Friends of"), "follow": _("Followers of"), "group": _("In the group chat")}
    for kind, things in catalogue.ties.items():
        if kind in headings:
            yield headings[kind], (Offer(f"tie={kind}/{key}", one.label) for key, one in things.items())
    others = ((key, one.label) for key, one in catalogue.audiences.items() if key != own)
    yield _("Audiences"), (Offer(f"audience={key}", label) for key, label in others)


def _kinds() -> Iterator[Offer]:
    kinds: dict[str, Any] = {
        "sequence": _("What came after what"),
        "top": _("The first so many percent"),
        "tag": _("A tag"),
        "tie=friend": _("Whose friends they are"),
        "tie=follow": _("What they follow"),
        "tie=group": _("Their group chats"),
        "tie=referral": _("That somebody brought them"),
        "member": _("That they are members"),
        "audience": _("Another audience"),
        "share": _("A share by chance"),
        "group": _("A group of conditions"),
    }
    return (Offer(kind, label) for kind, label in kinds.items())
