"""Who gets a message and who does not, for whole audiences: one statement gathers the facts, one rule decides.

The review page, the planning and the last look before sending all come through here, so they cannot differ.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from guanxi.channels import registry
from guanxi.channels.models import Account
from guanxi.channels.queries.accounts import cap
from guanxi.channels.rules import FEWER_DAYS, Consent, Decision, RecipientFacts, Verdict, decide, window_start
from guanxi.governance.models import Purpose, Workspace
from guanxi.kit import scope

CHUNK = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What is to be sent to many: from which account, why, when, and how many percent are held out."""

    account: Account
    purpose: str
    origin: str
    due_at: datetime
    hold_out: int = 0
    step: int = 0


@dataclass(frozen=True, slots=True)
class Recipient:
    person: int
    identity: int | None
    address: bytes | None
    decision: Decision


@dataclass(slots=True)
class Forecast:
    """How many people would be sent to, held out, and left out for which reason."""

    send: int = 0
    held_out: int = 0
    skipped: Counter[str] = field(default_factory=Counter)

    @property
    def people(self) -> int:
        return self.send + self.held_out + self.skipped.total()

    def add(self, decision: Decision, people: int) -> None:
        match decision.verdict:
            case Verdict.SEND:
                self.send += people
            case Verdict.HOLD_OUT:
                self.held_out += people
            case Verdict.SKIP:
                self.skipped[decision.reason] += people


# The address is the newest verified one that is not suppressed, else the newest that is not, else any (and then the
# suppression shows). The cap counts what left or is leaving in the window and, while planning, what other messages
# that wait will have sent by the time this one is due: they are claimed first. Of several people who became one, the
# strictest counts: no to marketing at one of their addresses is no at all of them.
_FACTS = """
    SELECT person.id AS person, found.identity, found.address,
           person.salt IS NULL OR person.erased_at IS NOT NULL AS erased,
           found.identity IS NOT NULL AS has_address,
           consent.granted AND NOT elsewhere.refused AS granted,
           coalesce(found.suppressed, false) AS suppressed,
           least(CASE WHEN person.fewer_messages AND counted.month + wanted.queued > 0 THEN {cap}
                      ELSE counted.messages + wanted.queued END, {cap})::int AS lately,
           {hold_out} AS held_out, ({cap})::int AS cap
    FROM unnest(%(people)s::bigint[], %(queued)s::int[]) AS wanted(id, queued)
    JOIN people_person person
      ON person.id = wanted.id AND person.workspace_id = %(workspace)s AND person.merged_into_id IS NULL
    LEFT JOIN LATERAL (
        SELECT identity.id AS identity, identity.lookup AS address, suppression.id IS NOT NULL AS suppressed
        FROM people_identity identity
        LEFT JOIN LATERAL (
            SELECT listed.id FROM governance_suppression listed
            WHERE listed.workspace_id = %(workspace)s AND listed.channel = %(channel)s
              AND listed.address = identity.lookup
            LIMIT 1
        ) suppression ON true
        WHERE identity.person_id = person.id AND identity.kind = %(identity_kind)s
          AND identity.workspace_id = %(workspace)s
        ORDER BY suppression.id IS NOT NULL, identity.verified_at DESC NULLS LAST, identity.created_at DESC,
                 identity.id DESC
        LIMIT 1
    ) found ON true
    LEFT JOIN LATERAL (
        SELECT granted FROM governance_consent consent
        WHERE consent.workspace_id = %(workspace)s AND consent.channel = %(channel)s
          AND consent.address = found.address AND consent.purpose = %(purpose)s
        LIMIT 1
    ) consent ON true
    CROSS JOIN LATERAL (
        SELECT EXISTS (SELECT FROM people_person merged
                       WHERE merged.workspace_id = %(workspace)s AND merged.merged_into_id = person.id)
           AND EXISTS (SELECT FROM people_identity held
                       JOIN governance_consent said ON said.workspace_id = %(workspace)s
                            AND said.channel = %(channel)s AND said.address = held.lookup
                            AND said.purpose = %(purpose)s AND NOT said.granted
                       WHERE held.workspace_id = %(workspace)s AND held.person_id = person.id
                         AND held.kind = %(identity_kind)s) AS refused
    ) elsewhere
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE message.settled_at IS NULL OR message.settled_at >= %(window)s) AS messages,
               count(*) AS month
        FROM channels_message message
        WHERE message.person_id = person.id AND message.purpose = 'marketing'
          AND message.state IN ('claimed', 'sending', 'accepted', 'unknown')
          AND (message.settled_at IS NULL OR message.settled_at >= CASE
               WHEN person.fewer_messages THEN %(fewer_window)s::timestamptz ELSE %(window)s::timestamptz END)
    ) counted
"""
_HELD_OUT = """(
    SELECT (get_byte(hash, 0) * 65536 + get_byte(hash, 1) * 256 + get_byte(hash, 2)) %% 100 < %(hold_out)s
    FROM sha256(convert_to(%(origin)s || '/' || person.public_id, 'UTF8')) hash
)"""
# Only while a role has a number of its own.
_ROLE_CAP = """(
    SELECT coalesce((SELECT CASE tag.role WHEN 'employee' THEN %(cap_employee)s::int
                                          WHEN 'leader' THEN %(cap_leader)s::int END
                     FROM people_persontag one JOIN people_tag tag ON tag.id = one.tag_id
                     WHERE one.workspace_id = %(workspace)s AND one.person_id = person.id AND one.slot = 0), %(cap)s)
)"""
# Asked for a whole chunk at once: the planner cannot know how many rows wait at this moment (none, or a million), and
# once a person it would read them all (10,000 people took half a minute, tried).
_QUEUED = """
    SELECT message.person_id, count(*) FROM channels_message message
    WHERE message.workspace_id = %(workspace)s AND message.person_id = ANY(%(people)s)
      AND message.purpose = 'marketing' AND message.state = 'waiting' AND message.due_at <= %(due_at)s
      AND (message.origin, message.step) <> (%(origin)s, %(step)s)
    GROUP BY message.person_id
"""
_COLUMNS = "erased, has_address, granted, suppressed, lately, held_out, cap"


def forecast(errand: Errand, people: Sequence[int]) -> Forecast:
    """What planning these people now would give; writes nothing."""
    refresh_statistics()
    found = Forecast()
    for chunk in chunks(people):
        sql, values = _facts(errand, chunk, planning=True)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {_COLUMNS}, count(*) FROM ({sql}) facts GROUP BY {_COLUMNS}", values)  # noqa: S608
            for *facts, number in cursor.fetchall():
                found.add(_decide(errand, tuple(facts)), number)
    return found


def decided(errand: Errand, people: Sequence[int], *, planning: bool) -> list[Recipient]:
    """One decision a person; people who are no longer there are left out. `planning` counts what waits as well."""
    sql, values = _facts(errand, people, planning=planning)
    known: dict[tuple[Any, ...], Decision] = {}
    recipients = []
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        for person, identity, address, *rest in cursor.fetchall():
            facts = tuple(rest)
            decision = known.get(facts) or known.setdefault(facts, _decide(errand, facts))
            recipients.append(Recipient(person, identity, bytes(address) if address else None, decision))
    return recipients


def refresh_statistics() -> None:
    """After an import or a large plan the planner must learn the new sizes before it is asked about many people."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT guanxi_refresh_statistics()")


def chunks(people: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(people), CHUNK):
        yield people[start : start + CHUNK]


def _facts(errand: Errand, people: Sequence[int], *, planning: bool) -> tuple[str, dict[str, Any]]:
    held = errand.hold_out > 0 and errand.purpose == Purpose.MARKETING
    limit = cap()
    zone = Workspace.objects.only("timezone").get(pk=scope.current()).timezone
    values: dict[str, Any] = {
        "people": list(people),
        "workspace": scope.current(),
        "channel": errand.account.kind,
        "identity_kind": registry.plugin(errand.account.kind).identity_kind,
        "purpose": errand.purpose,
        "origin": errand.origin,
        "step": errand.step,
        "due_at": errand.due_at,
        "window": window_start(errand.due_at, limit.days, zone),
        "fewer_window": window_start(errand.due_at, max(limit.days, FEWER_DAYS), zone),
        "cap": limit.most,
        "cap_employee": limit.employee,
        "cap_leader": limit.leader,
        "hold_out": errand.hold_out,
    }
    queued = _queued(values) if planning else {}
    values["queued"] = [queued.get(person, 0) for person in people]
    by_role = limit.employee is not None or limit.leader is not None
    return _FACTS.format(hold_out=_HELD_OUT if held else "false", cap=_ROLE_CAP if by_role else "%(cap)s"), values


def facts_of(errand: Errand, people: Sequence[int]) -> tuple[str, dict[str, Any]]:
    """A statement that gives `person`, `erased`, `has_address`, `granted` and `suppressed`, with its values."""
    return _facts(errand, people, planning=False)


def objection(errand: Errand, facts: tuple[Any, ...]) -> str:
    """Why they could not be sent to, caps and hold-outs aside; empty where they could."""
    return _decide(errand, (*facts, 0, False, 1)).reason


def _queued(values: dict[str, Any]) -> dict[int, int]:
    """By person, what waits and is due no later."""
    with connection.cursor() as cursor:
        cursor.execute(_QUEUED, values)
        return dict(cursor.fetchall())


def _decide(errand: Errand, facts: tuple[Any, ...]) -> Decision:
    erased, has_address, granted, suppressed, lately, held_out, most = facts
    consent = {True: Consent.GIVEN, False: Consent.WITHDRAWN, None: Consent.NEVER_ASKED}[granted]
    return decide(
        RecipientFacts(
            marketing=errand.purpose == Purpose.MARKETING,
            erased=erased,
            has_address=has_address,
            consent=consent,
            suppressed=suppressed,
            lately=lately,
            cap=most,
            held_out=held_out,
        )
    )
