"""One change of many people: whom and what, how far it is, what was skipped and why, and taking it back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal

from ninja import Query, Router
from pydantic import Field

from guanxi.api.access import ApiRequest, op
from guanxi.api.problems import Problem, invalid
from guanxi.api.v1.fitting import Fitting, Roles, TagId, tags, wanted
from guanxi.api.v1.shapes import (
    At,
    Id,
    In,
    Line,
    Listed,
    Named,
    Out,
    Page,
    chosen,
    named,
    newest,
    one,
    page,
    tagged,
)
from guanxi.connections import queries as connections
from guanxi.governance.models import Staff, Unit
from guanxi.governance.queries import Permission
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import Bulk, BulkAct, BulkState, Tag
from guanxi.people.models import Field as Kept
from guanxi.people.queries import Wanted

router = Router(tags=["Changes of many"])
MAY = Permission.PEOPLE_BULK
Acts = Literal["owner", "unit", "trait", "tag", "role", "suppress"]
States = Literal["running", "stopped", "done", "failed", "undoing", "undone"]
assert set(Acts.__args__) == set(BulkAct.values)  # type: ignore[attr-defined]
assert set(States.__args__) == set(BulkState.values)  # type: ignore[attr-defined]


class NewBulk(In):
    """Either `people` or `fitting`; of the values, the one that `act` sets."""

    act: Acts
    people: list[Annotated[str, Field(max_length=40)]] | None = Field(None, min_length=1, max_length=500)
    fitting: Fitting | None = Field(None, description="Whoever fits when it starts; `{}` is everyone.")
    owner: Id("stf") | None = Field(None, description="With `owner`; null: nobody.")  # type: ignore[valid-type]
    unit: Id("unt") | None = Field(None, description="With `unit`; null: none.")  # type: ignore[valid-type]
    field: Line | None = Field(None, max_length=40, description="With `trait`: the key of the field.")
    value: Line = Field("", max_length=200, description="With `trait`: as text; empty takes it away.")

    add: list[TagId] = Field([], max_length=50, description="With `tag`: ids of tags to put on.")
    remove: list[TagId] = Field([], max_length=50, description="With `tag`: ids of tags to take off.")
    role: Roles | None = Field(None, description="With `role`.")


class BulkOut(Out):
    """`skipped` and `kept` (at undo) count people by reason. `owner`, `unit`, `field`, `value` and `role` are what is
    set, `add` and `remove` the tags."""

    id: str
    act: Acts
    state: States
    problem: str | None
    owner: Named | None
    unit: Named | None
    field: str | None
    value: str | None
    add: list[Named]
    remove: list[Named]
    role: str | None
    total: int | None = Field(description="Null until it is settled whom it means.")
    done: int
    changed: int
    skipped: dict[str, int]
    restored: int
    kept: dict[str, int]
    may_undo: bool
    by: Named
    created_at: At
    finished_at: At | None
    undone_at: At | None


def shown(request: ApiRequest, rows: Sequence[Bulk]) -> list[BulkOut]:
    """With one question a kind of target, however many there are."""
    owners = _targets(Staff, rows, "owner")
    units = _targets(Unit, rows, "unit")
    fields = _targets(Kept, rows, "field")
    moved = {pk for of in rows for name in ("add", "remove") for pk in of.value.get(name, [])}
    carried = Tag.objects.in_bulk(moved)
    leavers = connections.leavers_of_changes([of.public_id for of in rows if of.act == BulkAct.OWNER], request.now)
    return [
        BulkOut(
            id=of.public_id,
            act=of.act,  # type: ignore[arg-type]
            state=of.state,  # type: ignore[arg-type]
            problem=of.problem or None,
            owner=named(owners.get(of.value.get("owner"))),
            unit=named(units.get(of.value.get("unit"))),
            field=fields[of.value["field"]].key if of.value.get("field") in fields else None,
            value=of.value.get("value"),
            add=_tags(carried, of, "add"),
            remove=_tags(carried, of, "remove"),
            role=of.value.get("role"),
            total=of.total,
            done=of.done,
            changed=of.changed,
            skipped=of.skipped,
            restored=of.restored,
            kept=of.kept,
            may_undo=of.public_id not in leavers and queries.may_undo_bulk(of, request.now),
            by=Named(id=of.by.public_id, name=of.by.name),
            created_at=of.created_at,
            finished_at=of.finished_at,
            undone_at=of.undone_at,
        )
        for of in rows
    ]


def _tags(known: Mapping[int, Tag], of: Bulk, name: str) -> list[Named]:
    found = [known[pk] for pk in of.value.get(name, []) if pk in known]
    return [Named(id=tag.public_id, name=tag.name) for tag in found]


def _targets(model: type[Any], rows: Sequence[Bulk], name: str) -> dict[int | None, Any]:
    return dict(model.objects.in_bulk({of.value[name] for of in rows if of.value.get(name)}))


@router.get("/bulks", **op(MAY, Page[BulkOut], refusals=("bad_cursor",)))
def list_bulks(request: ApiRequest, asked: Query[Listed]) -> Page[BulkOut]:
    """List changes of many

    The newest first: all of them, or those of the maker of the key, as in the console.
    """
    rows, after = newest(queries.bulks_of(request.staff), asked)
    return page(shown(request, rows), after)


@router.post("/bulks", **op(MAY, BulkOut, status=201, thing=True))
def start_bulk(request: ApiRequest, body: NewBulk) -> BulkOut:
    """Change many people

    Owner, unit, a trait, tags, the role, or no more e-mail, for up to 500 people by id or for all who fit. It runs in
    the background. `suppress` needs the scope channels.manage, too.
    """
    if body.act == "suppress" and Permission.CHANNELS_MANAGE not in request.scopes:
        raise Problem("missing_scope", "This needs the scope channels.manage, too.")
    of = people.start_bulk(
        act=body.act,
        value=_value(body),
        chosen=_whom(body, request.staff),
        by=request.staff,
        now=request.now,
    )
    return get_bulk(request, of.public_id)


def _whom(body: NewBulk, staff: Staff) -> Wanted | list[str]:
    if body.people is not None and body.fitting is None:
        return body.people
    if body.fitting is not None and body.people is None:
        return wanted(body.fitting, staff, inside="fitting.")
    raise invalid("people", "Send either people or fitting.", "missing")


def _value(body: NewBulk) -> dict[str, Any]:
    """Raises the problem for what does not belong to the act."""
    belongs = {BulkAct.OWNER: {"owner"}, BulkAct.UNIT: {"unit"}, BulkAct.TRAIT: {"field", "value"}}
    belongs |= {BulkAct.TAG: {"add", "remove"}, BulkAct.ROLE: {"role"}}
    mine = belongs.get(BulkAct(body.act), set())
    for name in sorted({each for some in belongs.values() for each in some} & body.model_fields_set - mine):
        raise invalid(name, f"This does not belong to {body.act}. Leave it out.", "unknown_field")
    for name in sorted(mine - {"value", "add", "remove"} - body.model_fields_set):
        raise invalid(name, "This is needed: what shall they get?", "missing")
    if body.act == "tag":
        if not body.add and not body.remove:
            raise invalid("add", "Send at least one tag in add or remove.", "missing")
        return {"add": list(tags(body.add, None, "add")), "remove": list(tags(body.remove, None, "remove"))}
    if body.act == "role":
        return {"role": body.role}
    if body.act == "trait":
        field = Kept.objects.filter(key=body.field or "").first()
        if field is None:
            raise invalid("field", "There is no field with this key. GET /fields names those that there are.")
        return {"field": field.pk, "value": body.value}
    rows: Any = Staff.objects.all() if body.act == "owner" else Unit.objects.all()
    return {name: (row.pk if (row := chosen(rows, getattr(body, name), name)) else None) for name in mine}


@router.get("/bulks/{bulk_id}", **op(MAY, BulkOut, thing=True))
def get_bulk(request: ApiRequest, bulk_id: str) -> BulkOut:
    """Get a change of many

    Ask again every few seconds while it is `running` or `undoing`.
    """
    [told] = shown(request, [one(queries.bulks_of(request.staff), bulk_id)])
    return tagged(request, told)


def _turned(request: ApiRequest, bulk_id: str, turn: Callable[..., Bulk]) -> BulkOut:
    turn(of=one(queries.bulks_of(request.staff), bulk_id), by=request.staff, now=request.now)
    return get_bulk(request, bulk_id)


@router.post("/bulks/{bulk_id}/stop", **op(MAY, BulkOut, thing=True, refusals=("conflict",)))
def stop_bulk(request: ApiRequest, bulk_id: str) -> BulkOut:
    """Stop a change of many

    After the people who are being changed now; what was changed stays.
    """
    return _turned(request, bulk_id, people.stop_bulk)


@router.post("/bulks/{bulk_id}/resume", **op(MAY, BulkOut, thing=True, refusals=("conflict",)))
def resume_bulk(request: ApiRequest, bulk_id: str) -> BulkOut:
    """Go on with a change of many

    Where it was stopped or failed.
    """
    return _turned(request, bulk_id, people.resume_bulk)


@router.post("/bulks/{bulk_id}/undo", **op(MAY, BulkOut, thing=True, refusals=("conflict",)))
def undo_bulk(request: ApiRequest, bulk_id: str) -> BulkOut:
    """Take a change of many back

    Within seven days. What was changed again since stays, and is counted. A leaver whose friends went along needs
    access again first (409).
    """
    return _turned(request, bulk_id, people.undo_bulk)
