"""Who exactly: audiences, how many they are, who they are, and why."""

from __future__ import annotations

from typing import Any

from ninja import Query, Router
from pydantic import Field, StrictBool, StrictFloat, StrictInt, StrictStr

from guanxi.api.access import ApiRequest, op
from guanxi.api.problems import Problem
from guanxi.api.v1.people import PersonOut, found, person_before
from guanxi.api.v1.people import shown as person_shown
from guanxi.api.v1.shapes import (
    At,
    In,
    Line,
    Listed,
    Name,
    Out,
    Page,
    held,
    must_match,
    newest,
    one,
    page,
    tagged,
)
from guanxi.audiences import operations as audiences
from guanxi.audiences import queries
from guanxi.audiences.models import Audience
from guanxi.audiences.queries import Evidence, Reason
from guanxi.events.queries import TimelineEntry
from guanxi.governance.queries import Permission
from guanxi.people import queries as people

router = Router(tags=["Audiences"])
VIEW, EDIT = Permission.AUDIENCES_VIEW, Permission.AUDIENCES_EDIT
Json = dict[str, Any]


class AudienceOut(Out):
    id: str
    name: str
    rule: Json
    size: int | None = Field(description="How many people fitted at `counted_at`.")
    counted_at: At | None
    every: int | None = Field(
        description="Minutes between two looks at who is in it; 0: with every change; null: when asked, or fixed."
    )
    refreshed_at: At | None = Field(description="As of when its members are kept.")
    fixed_at: At | None = Field(description="Since when it keeps its people, whatever its rule says.")
    created_at: At
    updated_at: At


class NewAudience(In):
    name: Name
    rule: Json = Field(description=f"Version 1: `{{version, where}}`; clauses are {', '.join(queries.TYPES)}.")


class AudienceChange(In):
    name: Name | None = None
    rule: Json | None = None


class RuleIn(In):
    rule: Json


class Count(Out):
    people: int


class Compared(In):
    audiences: list[Line] = Field(min_length=2, max_length=queries.MOST_COMPARED, description="Different ones, by id.")


class Section(Out):
    """How many people are in exactly these audiences and in none of the others."""

    audiences: list[str]
    people: int


class OverlapOut(Out):
    """`sizes` are in the order asked; `common`: people of all of them."""

    sizes: list[int]
    sections: list[Section]
    common: int


class EventShown(Out):
    name: str
    at: At
    amount_minor: int | None
    currency: str | None


class EventBehind(EventShown):
    then: EventShown | None = Field(
        description="Of a first step of then and then_not: the next one, if it came in time."
    )


class TagBehind(Out):
    id: str
    name: str
    since: At


class TieBehind(Out):
    kind: str
    state: str
    since: At | None


class AdvisorBehind(Out):
    id: str
    name: str
    band: str


class Clause(Out):
    """One clause of the rule, by its path: whether it holds, what the person has there, and up to ten of the rows
    behind it, the newest first."""

    path: str
    holds: bool
    values: dict[str, StrictStr | StrictInt | StrictFloat | StrictBool | None]
    failed: list[str] = Field(description="Of did and did_not: the values that are not as the clause wants them.")
    events: list[EventBehind]
    tags: list[TagBehind]
    ties: list[TieBehind]
    advisors: list[AdvisorBehind]


class Explanation(Out):
    is_in: bool
    clauses: list[Clause]


def shown(row: Audience) -> AudienceOut:
    return AudienceOut(
        id=row.public_id,
        name=row.name,
        rule=row.rule,
        size=row.size,
        counted_at=row.counted_at,
        every=row.every,
        refreshed_at=row.refreshed_at,
        fixed_at=row.fixed_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


@router.get("/audiences", **op(VIEW, Page[AudienceOut], refusals=("bad_cursor",)))
def list_audiences(request: ApiRequest, asked: Query[Listed]) -> Page[AudienceOut]:
    """List audiences

    The newest first.
    """
    rows, after = newest(Audience.objects.all(), asked)
    return page([shown(row) for row in rows], after)


@router.post("/audiences", **op(EDIT, AudienceOut, status=201, thing=True))
def create_audience(request: ApiRequest, body: NewAudience) -> AudienceOut:
    """Write an audience

    The rule is checked against the fields and events of the workspace, and counted at once.
    """
    made = audiences.save_audience(name=body.name, rule=body.rule, by=request.staff, now=request.now)
    return tagged(request, shown(made))


@router.post("/audiences/count", **op(EDIT, Count))
def count_rule(request: ApiRequest, body: RuleIn) -> Count:
    """Count a rule

    Without keeping it.
    """
    return Count(people=queries.count(body.rule, now=request.now))


@router.post("/audiences/overlap", **op(VIEW, OverlapOut))
def compare_audiences(request: ApiRequest, body: Compared) -> OverlapOut:
    """Compare audiences

    Whom two to five of them have in common, as they are now.
    """
    ids = list(dict.fromkeys(body.audiences))
    if len(ids) < len(body.audiences):
        raise Problem("invalid", "Name each audience once.", "audiences")
    chosen = [one(Audience.objects.all(), public_id) for public_id in ids]
    found = queries.overlap(chosen, now=request.now)
    sections = [
        Section(audiences=[ids[at] for at in sorted(part)], people=number)
        for part, number in sorted(found.parts.items(), key=lambda each: (-each[1], sorted(each[0])))
    ]
    return OverlapOut(sizes=found.sizes, sections=sections, common=len(found.common))


@router.get("/audiences/{audience_id}", **op(VIEW, AudienceOut, thing=True))
def get_audience(request: ApiRequest, audience_id: str) -> AudienceOut:
    """Get an audience

    With its rule and its last count.
    """
    return tagged(request, shown(one(Audience.objects.all(), audience_id)))


@router.patch(
    "/audiences/{audience_id}", **op(EDIT, AudienceOut, thing=True, refusals=("changed_meanwhile", "conflict"))
)
def update_audience(request: ApiRequest, audience_id: str, body: AudienceChange) -> AudienceOut:
    """Change an audience

    Broadcasts that were confirmed keep the rule that they were confirmed with. One that is fixed keeps its rule, too.
    """
    row = held(Audience.objects.all(), audience_id)
    must_match(request, shown(row))
    saved = audiences.save_audience(
        name=row.name if body.name is None else body.name,
        rule=row.rule if body.rule is None else body.rule,
        by=request.staff,
        now=request.now,
        audience=row,
    )
    return tagged(request, shown(saved))


@router.delete("/audiences/{audience_id}", **op(EDIT, None, status=204, refusals=("conflict",)))
def delete_audience(request: ApiRequest, audience_id: str) -> None:
    """Delete an audience

    Its people stay. One that a broadcast or another audience uses stays.
    """
    audiences.delete_audience(audience=one(Audience.objects.all(), audience_id), by=request.staff, now=request.now)


@router.post("/audiences/{audience_id}/count", **op(VIEW, AudienceOut, thing=True))
def recount_audience(request: ApiRequest, audience_id: str) -> AudienceOut:
    """Count an audience anew

    What happened in the last seconds may not be counted yet.
    """
    row = held(Audience.objects.all(), audience_id)
    audiences.recount(audience=row, now=request.now)
    row.refresh_from_db()
    return tagged(request, shown(row))


@router.get("/audiences/{audience_id}/people", **op(VIEW, Page[PersonOut], refusals=("bad_cursor",)))
def list_audience_people(request: ApiRequest, audience_id: str, asked: Query[Listed]) -> Page[PersonOut]:
    """People of an audience

    Those who fit now and whom the maker of the key sees, in the order in which they came.
    """
    row = one(Audience.objects.all(), audience_id)
    fit = queries.members(queries.people_rule(row), now=request.now)["person"].to_pylist()
    if asked.after:
        last = person_before(asked)
        fit = [pk for pk in fit if pk > last]
    ids = _seen(request, fit, asked.limit + 1)
    cards = people.cards(ids[: asked.limit])
    more = len(ids) > asked.limit
    return page([person_shown(card) for card in cards], cards[-1].person.public_id if more else "")


def _seen(request: ApiRequest, fit: list[int], most: int) -> list[int]:
    """The first of these whom the maker of the key sees."""
    visible, seen = people.visible(request.staff), list[int]()
    for start in range(0, len(fit), 10_000):
        chunk = visible.filter(pk__in=fit[start : start + 10_000]).order_by("pk")
        seen += chunk.values_list("pk", flat=True)[: most - len(seen)]
        if len(seen) >= most:
            break
    return seen


@router.get("/audiences/{audience_id}/people/{person_id}", **op(VIEW, Explanation))
def explain_person(request: ApiRequest, audience_id: str, person_id: str) -> Explanation:
    """Why a person is in an audience, or not

    Every clause of the rule in the order of reading, whether it holds, what the person has there, and the rows behind.
    """
    row, person = one(Audience.objects.all(), audience_id), found(request, person_id)
    why = queries.why_with_rows(queries.people_rule(row), person.pk, now=request.now)
    return Explanation(
        is_in=why.is_in,
        clauses=[_clause(each, why.evidence.get(each.path, Evidence())) for each in why.reasons.values()],
    )


def _clause(reason: Reason, evidence: Evidence) -> Clause:
    return Clause(
        path=reason.path,
        holds=reason.holds,
        values=_plain(reason.values),
        failed=list(reason.failed),
        events=[
            EventBehind(**_event(each), then=EventShown(**_event(came)) if came else None)
            for each, came in (*((each, None) for each in evidence.events), *evidence.sequences)
        ],
        tags=[TagBehind(id=each.tag.public_id, name=each.tag.name, since=each.since) for each in evidence.tags],
        ties=[TieBehind(kind=each.kind, state=each.state, since=each.since) for each in evidence.ties],
        advisors=[
            AdvisorBehind(id=each.staff.public_id, name=each.staff.name, band=each.band)
            for each in evidence.close
            if each.staff
        ],
    )


def _event(each: TimelineEntry) -> dict[str, Any]:
    return {"name": each.name, "at": each.at, "amount_minor": each.amount_minor, "currency": each.currency}


def _plain(values: Any) -> dict[str, Any]:
    return {
        name: value if isinstance(value, str | int | float | bool | None) else str(value)
        for name, value in values.items()
    }
