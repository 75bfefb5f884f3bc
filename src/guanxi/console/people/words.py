"""What is known of a person, in words: why they stand on their level, and may one write to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from guanxi.acquisition import queries as acquisition
from guanxi.console.templatetags.figures import day
from guanxi.governance.models import Purpose, SuppressionReason
from guanxi.people.models import IdentityKind, Level, Person, TraitKind
from guanxi.people.queries import Card, KnownConsent, KnownIdentity, KnownProof

TONES = {Level.INTERACTOR: "info", Level.FAN: "info", Level.FRIEND: "acc", Level.CUSTOMER: "ok"}
ADDRESSES = (IdentityKind.EMAIL, IdentityKind.PHONE)


def level_tone(level: str) -> str:
    return TONES.get(Level(level), "")


def names_sent(proofs: Iterable[KnownProof]) -> dict[str, str]:
    """What sites call the events that prove a level, by key."""
    keys = {one.label for one in proofs if one.proof == "event.sent"}
    return acquisition.called(keys) if keys else {}


def proof_words(proof: str, label: str, sent: Mapping[str, str]) -> str:
    """`sent`: what sites call their events, by key."""
    match proof:
        case "order.paid":
            return _("paid order %(number)s") % {"number": label}
        case "friend.added":
            return _("friend of %(name)s") % {"name": label}
        case "friend.followed":
            return _("follows %(name)s") % {"name": label}
        case "friend.removed_by_friend":
            return _("they deleted the advisor")
        case "friend.removed_by_staff":
            return _("the advisor deleted them")
        case "friend.blocked":
            return _("they blocked the advisor")
        case "friend.handed_over":
            return _("handed over to another advisor")
        case "friend.unfollowed":
            return _("they no longer follow")
        case "order.refunded":
            return _("all of the order came back")
        case "event.sent":
            return _("an event of theirs: %(name)s") % {"name": sent.get(label, label)}
        case "preferences.chosen":
            return _("chose what they want to hear")
        case "order.removed":
            return _("the order was taken out again with its import")
        case _unknown:
            return label or proof


def standing(person: Person, proof: KnownProof | None, sent: Mapping[str, str]) -> str:
    """Customer since 3 Mar 2026: paid order 2026-118842."""
    if proof is None:
        return ""
    return _("%(level)s since %(day)s: %(proof)s") % {
        "level": Level(person.level).label,
        "day": day(proof.since),
        "proof": proof_words(proof.proof, proof.label, sent),
    }


def channel_words(channel: str) -> str:
    return str(dict(IdentityKind.choices).get(channel, channel))


def purpose_words(purpose: str) -> str:
    return str(dict(Purpose.choices).get(purpose, purpose))


def source_words(consent: KnownConsent) -> str:
    match consent.source:
        case "import":
            return _("by the file %(file)s, row %(row)s") % {
                "file": consent.proof.get("file", "–"),
                "row": consent.proof.get("row", "–"),
            }
        case "import.undone":
            return _("an import was taken back")
        case "unsubscribe_link":
            return _("by the link in a message")
        case other:
            return other


@dataclass(frozen=True)
class Said:
    """One answer of the person about one address: an icon and a word, then when and how we know."""

    icon: str
    tone: str
    words: str
    how: str


@dataclass(frozen=True)
class Reach:
    """An address, and whether one may write to it."""

    label: str
    shown: str
    answers: list[Said]
    clear: bool = False
    """Whether `shown` is the whole address: somebody who may has asked for it."""


def reaches(card: Card, revealed: Mapping[int, str]) -> list[Reach]:
    return [
        Reach(
            identity.label,
            revealed.get(identity.id, identity.shown),
            list(_answers(identity, card.consents)),
            identity.id in revealed,
        )
        for identity in card.identities
        if identity.kind in ADDRESSES
    ]


def _answers(identity: KnownIdentity, consents: Iterable[KnownConsent]) -> Iterable[Said]:
    if identity.suppressed:
        reasons: dict[str, Any] = dict(SuppressionReason.choices)
        reason = str(reasons.get(identity.suppressed, identity.suppressed))
        yield Said("ban", "danger", _("Gets nothing"), _("On the suppression list: %(reason)s.") % {"reason": reason})
    mine = [one for one in consents if one.identity_id == identity.id]
    for one in mine:
        yield _answer(one)
    if not any(one.purpose == Purpose.MARKETING for one in mine):
        yield Said(
            "circle-help", "warn", _("No marketing consent"), _("They have not been asked, or have not answered.")
        )


def _answer(consent: KnownConsent) -> Said:
    purpose, how = purpose_words(consent.purpose), f"{day(consent.at)} · {source_words(consent)}"
    if text := consent.proof.get("text", ""):
        how += f" · “{text}”"
    if consent.granted:
        return Said("shield-check", "ok", _("%(purpose)s: agreed") % {"purpose": purpose}, how)
    return Said("shield-alert", "warn", _("%(purpose)s: said no") % {"purpose": purpose}, how)


def text_of_trait(value: str, kind: str) -> str:
    """What a field that is kept as text says."""
    return str(trait_words(value == "yes")) if kind == TraitKind.YES_NO and value else value


def trait_words(value: str | int | float | bool) -> str | int | float:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return value
