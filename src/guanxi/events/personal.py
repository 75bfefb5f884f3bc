"""What the rows and the lake of this room say of people."""

from __future__ import annotations

from guanxi.events import models, queries
from guanxi.kit.personal import Erasure, Kind, Store, Table, declare

_PLAIN = (
    "month event_id name occurred_at received_at source channel amount_minor currency order_id product_id coupon_id "
    "message_id import_id"
)
EVENTS = {"person": Kind.PSEUDONYM, "written_for": Kind.PSEUDONYM, "props": Kind.PERSONAL} | dict.fromkeys(
    _PLAIN.split(), Kind.PLAIN
)
_OF_PEOPLE = "level owner unit locale country created_at role member strong_until neutral_until"
PEOPLE = {"person": Kind.PSEUDONYM, "traits": Kind.PERSONAL} | dict.fromkeys(_OF_PEOPLE.split(), Kind.PLAIN)
ALIASES = {"person": Kind.PSEUDONYM, "keeper": Kind.PSEUDONYM}
TAGS = {"person": Kind.PSEUDONYM} | dict.fromkeys(["row", "tag", "since", "how"], Kind.PLAIN)
TIES = dict.fromkeys(["tie", "person", "other"], Kind.PSEUDONYM) | dict.fromkeys(
    ["kind", "advisor", "unit", "account", "group", "state", "source", "since"], Kind.PLAIN
)
REACH = {"person": Kind.PSEUDONYM, "said": Kind.PERSONAL}

declare(
    Table(
        models.Fact,
        personal="props",
        pseudonym="person event_id order_id message_id import_id",
        plain="id name occurred_at received_at source channel amount_minor currency product_id coupon_id lake_commit",
        found="person",
        why="Exported with the events of the lake.",
        erasure=Erasure.REMOVED,
    ),
    Table(
        models.FactBatch,
        personal="body",
        plain="id rows received_at import_id lake_commit kept_until",
        erasure=Erasure.REMOVED,
        why="Facts of many people, packed: those of the person are taken out.",
    ),
    Table(models.Retraction, plain="id import_id asked_at done_at"),
    Table(
        models.Forgotten,
        pseudonym="person",
        plain="id asked_at done_at swept_at",
        why="That an internal id was erased, so that a restored lake forgets it again.",
    ),
    Table(
        models.Touched,
        pseudonym="key last",
        plain="id mirror",
        why="A note to write a row to the lake again; gone in a second.",
    ),
    Table(
        models.Reassigned,
        pseudonym="person keeper",
        plain="id at",
        why="Whose events lie under whom, so that a merge can be undone; gone with the events.",
    ),
    Table(models.Tidying, plain="id month files rows asked_at done_at"),
    Table(
        models.Change,
        pseudonym="people",
        plain="id mirror at is_written",
        why="Whose membership in audiences is to be looked at again; gone in a week.",
    ),
    Table(models.LakeState, plain="id assigned appended appended_at"),
    Store("lake: events", "events", EVENTS, export=lambda who: queries.everything(list(who.people))),
    Store("lake: aliases", columns=ALIASES, why="Who became whom, for events that were written before."),
    Store("lake: tags", columns=TAGS, why="A copy of who carries which tag, for audiences."),
    Store("lake: ties", columns=TIES, why="A copy of who knows whom for audiences."),
    Store("lake: reach", columns=REACH, why="A copy of what people agreed to, and by what they can be reached."),
    Store("lake: people", columns=PEOPLE, why="A copy of level, place and fields for audiences."),
)
