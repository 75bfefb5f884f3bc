"""Kinds of ids: those that are built in, and a workspace's own."""

from __future__ import annotations

from typing import Literal

from ninja import Router
from pydantic import Field

from guanxi.api.access import ApiRequest, op
from guanxi.api.v1.shapes import Flag, In, Line, Out, must_match, one, tagged
from guanxi.governance.queries import Permission
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import GivenBy, Keeps, OwnKind, Trust
from guanxi.people.operations import KindWanted
from guanxi.people.queries import KnownKind

router = Router(tags=["Sources"])
MAY = Permission.SOURCES_MANAGE
Trusts = Literal["proof", "household", "device"]
Keeping = Literal["sealed", "plain", "hashed"]
Places = Literal["", "corp", "app", "shop"]
assert set(Trusts.__args__) == set(Trust.values)  # type: ignore[attr-defined]
assert set(Keeping.__args__) == set(Keeps.values)  # type: ignore[attr-defined]
assert set(Places.__args__) == {"", *GivenBy.values}  # type: ignore[attr-defined]


class IdKindOut(Out):
    """`id` is empty for a kind that is built in. `single`: a person has one of it, in a `place` if there is one.
    `ids` are counted up to 10,000."""

    id: str
    key: str
    name: str
    trust: Trusts
    keeps: Keeping
    single: bool
    place: Places
    ids: int


class IdKindList(Out):
    data: list[IdKindOut]


class NewIdKind(In):
    name: Line = Field(min_length=1, max_length=80)
    key: str = Field("", pattern="^([a-z][a-z0-9_]{0,19})?$", description="Left out, it is made from the name.")
    trust: Trusts = "proof"
    keeps: Keeping = Field("sealed", description="Of `hashed`, nobody can read the id again.")
    single: Flag = Field(False, description="Two of it are two people; only for what proves a person.")
    place: Places = Field("", description="Ids are told apart by the corp, app or shop that gave them.")


class IdKindChange(In):
    """What is left out stays as it is. `keeps` and `place` stay once there are ids."""

    name: Line | None = Field(None, min_length=1, max_length=80)
    trust: Trusts | None = None
    keeps: Keeping | None = None
    single: Flag | None = None
    place: Places | None = None


def shown(known: KnownKind) -> IdKindOut:
    return IdKindOut(
        id=known.own.public_id if known.own else "",
        key=known.kind.key,
        name=known.label,
        trust=known.kind.trust,  # type: ignore[arg-type]
        keeps=known.kind.keeps,  # type: ignore[arg-type]
        single=known.kind.single,
        place=known.kind.place,  # type: ignore[arg-type]
        ids=known.ids,
    )


@router.get("/id-kinds", **op(MAY, IdKindList))
def list_id_kinds(request: ApiRequest) -> IdKindList:
    """List kinds of ids

    Those that are built in, then those that this workspace has added.
    """
    return IdKindList(data=[shown(each) for each in queries.known_kinds()])


@router.post("/id-kinds", **op(MAY, IdKindOut, status=201, thing=True, refusals=("conflict",)))
def add_id_kind(request: ApiRequest, body: NewIdKind) -> IdKindOut:
    """Add a kind of id

    What proves the person brings people together; what a household or a device shares does not.
    """
    wanted = KindWanted(label=body.name, trust=body.trust, keeps=body.keeps, single=body.single, place=body.place)
    made = people.add_kind(wanted=wanted, key=body.key, by=request.staff, now=request.now)
    return tagged(request, shown(queries.known_kind(made)))


@router.patch("/id-kinds/{id_kind_id}", **op(MAY, IdKindOut, thing=True, refusals=("changed_meanwhile", "conflict")))
def change_id_kind(request: ApiRequest, id_kind_id: str, body: IdKindChange) -> IdKindOut:
    """Change a kind of id

    The key stays. Merges that stand because of its ids stand, whatever it proves from now on.
    """
    kind = one(OwnKind.objects.all(), id_kind_id)
    must_match(request, shown(queries.known_kind(kind)))
    given = body.model_dump(exclude_none=True)
    kept = {name: getattr(kind, name) for name in ("trust", "keeps", "single", "place")}
    wanted = KindWanted(label=given.pop("name", kind.label), **(kept | given))
    changed = people.change_kind(kind=kind, wanted=wanted, by=request.staff, now=request.now)
    return tagged(request, shown(queries.known_kind(changed)))


@router.delete("/id-kinds/{id_kind_id}", **op(MAY, None, status=204, refusals=("conflict",)))
def remove_id_kind(request: ApiRequest, id_kind_id: str) -> None:
    """Remove a kind of id

    One of which there are no ids.
    """
    people.remove_kind(kind=one(OwnKind.objects.all(), id_kind_id), by=request.staff, now=request.now)
