"""Who became whom, and who may be the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from ninja import Query, Router
from pydantic import Field

from guanxi.api.access import ApiRequest, op
from guanxi.api.problems import Problem, invalid
from guanxi.api.v1.people import found
from guanxi.api.v1.shapes import At, Id, In, Line, Listed, Named, Out, Page, named, naming, newest, one, page
from guanxi.governance.queries import Permission
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import DuplicateSearch, Merge, Pair, PairState, Person, SearchState

router = Router(tags=["People"])
MAY = Permission.PEOPLE_MERGE
Rules = Literal["proof", "device", "staff"]
Decisions = Literal["open", "later", "distinct", "merged"]
Searches = Literal["waiting", "reading", "comparing", "done", "failed"]
assert set(Decisions.__args__) == set(PairState.values)  # type: ignore[attr-defined]
assert set(Searches.__args__) == set(SearchState.values)  # type: ignore[attr-defined]


class MergeOut(Out):
    """`merged` became `person`. `kind` is that of the id which said so, `event` where it came from."""

    id: str
    person: Named
    merged: Named
    rule: Rules
    kind: str | None
    source: str | None
    event: str | None
    by: Named | None
    at: At
    undone_at: At | None


class NewMerge(In):
    merged: Id("psn") = Field(description="Who becomes the person of the address.")  # type: ignore[valid-type]
    picks: dict[Line, Id("psn")] = Field(  # type: ignore[valid-type]
        {},
        max_length=200,
        description="Whose value is shown, by `name`, `country`, `language` or `trait:` with the key of a field: one "
        "of the choices of the preview. Left out, the name of who stays, and of a field what was said last.",
    )


class Previewed(In):
    merged: Id("psn") = Field(description="Who would become the person of the address.")  # type: ignore[valid-type]


class ChoiceOut(Out):
    """Of what both have another value: `mine` is that of who stays."""

    pick: str
    mine: str | int | float | bool
    theirs: str | int | float | bool


class PreviewOfMerge(Out):
    """`conflicts` are kinds of which each has an id of their own, though a person has one: rather two people. `moves`
    says how many rows of each sort go over; what stays behind comes up when the merge is undone."""

    person: Named
    merged: Named
    choices: list[ChoiceOut]
    conflicts: list[str]
    moves: dict[str, int]


class DuplicateOut(Out):
    """`reasons` and `conflicts` are codes: what agrees, and kinds of which each has an id of their own. `likely` is of
    a thousand such pairs those that are one person; null when that was not estimated."""

    id: str
    first: Named
    second: Named
    origin: Literal["conflict", "similar"]
    reasons: list[str]
    conflicts: list[str]
    likely: int | None
    state: Decisions
    found_at: At


class PairDecision(In):
    state: Literal["open", "later", "distinct"] = Field(description="To merge them, use merge_person.")


class SearchOut(Out):
    id: str
    state: Searches
    people: int
    found: int
    asked_at: At
    finished_at: At | None


class Waiting(Listed):
    state: Literal["open", "later", "distinct"] = "open"


def _merge(of: Merge) -> MergeOut:
    return MergeOut(
        id=of.public_id,
        person=naming(of.keep),
        merged=naming(of.drop),
        rule=of.rule,  # type: ignore[arg-type]
        kind=of.kind or None,
        source=of.source or None,
        event=of.event or None,
        by=named(of.by),
        at=of.at,
        undone_at=of.undone_at,
    )


def _pair(of: Pair) -> DuplicateOut:
    return DuplicateOut(
        id=of.public_id,
        first=naming(of.first),
        second=naming(of.second),
        origin=of.origin,  # type: ignore[arg-type]
        reasons=of.evidence.get("for", []),
        conflicts=of.evidence.get("conflict", []),
        likely=of.weight or None,
        state=of.state,  # type: ignore[arg-type]
        found_at=of.found_at,
    )


def _search(of: DuplicateSearch) -> SearchOut:
    return SearchOut(
        id=of.public_id,
        state=of.state,  # type: ignore[arg-type]
        people=of.people,
        found=of.found,
        asked_at=of.asked_at,
        finished_at=of.finished_at,
    )


@router.get("/people/{person_id}/merges", **op(Permission.PEOPLE_VIEW, Page[MergeOut], refusals=("bad_cursor",)))
def list_merges(request: ApiRequest, person_id: str, asked: Query[Listed]) -> Page[MergeOut]:
    """List the merges of a person

    The newest first, those that were undone too.
    """
    rows, after = newest(queries.merges_in(found(request, person_id)), asked)
    return page([_merge(each) for each in rows], after)


@router.post("/people/{person_id}/merges", **op(MAY, MergeOut, status=201, refusals=("conflict",)))
def merge_person(request: ApiRequest, person_id: str, body: NewMerge) -> MergeOut:
    """Merge somebody into a person

    Ids, orders and messages move; it can be undone exactly.
    """
    keep, drop = found(request, person_id), found(request, body.merged)
    picks = _picks(keep, drop, body.picks) if body.picks else {}
    merge = people.merge_people(keep=keep, drop=drop, by=request.staff, now=request.now, source="api", picks=picks)
    return _merge(merge)


def _picks(keep: Person, drop: Person, given: Mapping[str, str]) -> dict[str, int]:
    whose = {keep.public_id: keep.pk, drop.public_id: drop.pk}
    if keep.pk == drop.pk:
        return {}
    open_ones = queries.choices(*queries.cards([keep.pk, drop.pk]))
    for name, picked in given.items():
        if name not in open_ones:
            raise invalid(f"picks.{name}", "There is nothing to choose here: not both have a different value.")
        if picked not in whose:
            raise invalid(f"picks.{name}", "Name one of the two people.", "unknown_id")
    return {name: whose[picked] for name, picked in given.items()}


@router.get("/people/{person_id}/merges/preview", **op(MAY, PreviewOfMerge))
def preview_merge(request: ApiRequest, person_id: str, asked: Query[Previewed]) -> PreviewOfMerge:
    """Preview a merge

    What would move, what there is to choose, and what speaks against it. Nothing is changed.
    """
    keep, drop = found(request, person_id), found(request, asked.merged)
    if keep.pk == drop.pk:
        raise invalid("merged", "This is the same person.", "same")
    before = queries.before_merging(keep, drop)
    return PreviewOfMerge(
        person=naming(keep),
        merged=naming(drop),
        choices=[ChoiceOut(pick=name, mine=one, theirs=other) for name, (one, other) in before.choices.items()],
        conflicts=before.conflicts,
        moves=dict(before.moves),
    )


@router.post("/people/{person_id}/merges/{merge_id}/undo", **op(MAY, MergeOut, refusals=("conflict",)))
def undo_merge(request: ApiRequest, person_id: str, merge_id: str) -> MergeOut:
    """Undo a merge

    What came after it stays with who stayed.
    """
    merge = one(queries.merges_in(found(request, person_id)), merge_id)
    people.undo_merge(merge=merge, by=request.staff, now=request.now)
    merge.refresh_from_db()
    return _merge(merge)


@router.get("/duplicates", **op(MAY, Page[DuplicateOut], refusals=("bad_cursor",)))
def list_duplicates(request: ApiRequest, asked: Query[Waiting]) -> Page[DuplicateOut]:
    """List people who may be the same

    The newest pairs first.
    """
    rows, after = newest(queries.pairs(request.staff, state=asked.state), asked)
    return page([_pair(each) for each in rows], after)


@router.post("/duplicates/searches", **op(MAY, SearchOut, status=201, refusals=("conflict",)))
def search_duplicates(request: ApiRequest) -> SearchOut:
    """Search for duplicates

    It runs in the background, one at a time.
    """
    return _search(people.search_duplicates(by=request.staff, now=request.now))


@router.get("/duplicates/searches/latest", **op(MAY, SearchOut))
def get_search(request: ApiRequest) -> SearchOut:
    """The latest search for duplicates

    How far it is, and how many pairs it found.
    """
    latest = queries.latest_search()
    if latest is None:
        raise Problem("not_found", "Nobody has searched yet.")
    return _search(latest)


@router.put("/duplicates/{duplicate_id}", **op(MAY, DuplicateOut))
def decide_duplicate(request: ApiRequest, duplicate_id: str, body: PairDecision) -> DuplicateOut:
    """Decide about a pair

    `distinct` is remembered: no id brings the two together.
    """
    pair = one(queries.pairs(request.staff, state=""), duplicate_id)
    people.decide_pair(pair=pair, state=body.state, by=request.staff, now=request.now)
    pair.refresh_from_db()
    return _pair(pair)
