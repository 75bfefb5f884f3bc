"""Saved views of the list of people: tabs of the console."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from ninja import Router
from pydantic import Field

from guanxi.api.access import ApiRequest, op
from guanxi.api.problems import Problem, not_found
from guanxi.api.v1.fitting import Fitting, Has, Levels, Proven, Roles, Sorts, TagId, as_lines, as_parts
from guanxi.api.v1.shapes import At, Day, Flag, In, Line, Name, Named, Out, must_match, named, tagged
from guanxi.governance.queries import Permission
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import SavedView
from guanxi.people.queries import ORDERS

router = Router(tags=["Saved views"])
MAY = Permission.PEOPLE_VIEW
LISTS = {"columns", "tags_any", "tags_all", "tags_none"}
# How the address of the list names what the filter calls otherwise.
NAMES = {"search": "q", "columns": "cols"}


class ViewFilter(In):
    """As on the list of people. Owner and unit are ids; one that a reader does not see fits nobody for them."""

    search: str = Field("", max_length=254)
    level: Literal["", Levels] = ""
    owner: str = Field("", max_length=40)
    unit: str = Field("", max_length=40)
    source: Line = Field("", max_length=40)
    added_from: Day | None = None
    added_to: Day | None = None
    seen_from: Day | None = None
    seen_to: Day | None = None
    email: Literal["", Has] = ""
    phone: Literal["", Has] = ""
    role: Literal["", Roles] = ""
    strength: Literal["", "strong", "neutral", "weak"] = ""
    member: Literal["", Has] = ""
    reached: Literal["", Proven] = ""
    reached_from: Day | None = None
    reached_to: Day | None = None
    lost: Literal["", Proven] = ""
    lost_from: Day | None = None
    lost_to: Day | None = None
    tags_any: list[TagId] = Field([], max_length=50)
    tags_all: list[TagId] = Field([], max_length=50)
    tags_none: list[TagId] = Field([], max_length=50)
    trait: list[Annotated[Line, Field(max_length=260)]] = Field([], max_length=10, description="As in the list.")
    sort: Sorts = "name"
    columns: list[Annotated[str, Field(pattern="^[a-z0-9_:-]{1,50}$")]] = Field([], max_length=16)


class ViewOut(Out):
    id: str
    name: str
    filter: dict[str, str | list[str]] = Field(description="Only what it says.")
    shared: bool = Field(description="A tab for everyone.")
    opens_first: bool = Field(description="The list of the maker of the key opens with it.")
    by: Named | None
    created_at: At


class ViewList(Out):
    data: list[ViewOut]


class NewView(In):
    name: Name
    filter: ViewFilter = Field(default_factory=lambda: ViewFilter.model_validate({}))
    shared: Flag = Field(False, description="True needs the scope views.share.")


class ViewChange(In):
    """What is left out stays as it is."""

    name: Name | None = None
    filter: ViewFilter | None = None
    shared: Flag | None = None
    opens_first: Flag | None = None


def shown(view: SavedView, first: int | None) -> ViewOut:
    given = {name: view.asked.get(NAMES.get(name, name), "") for name in ViewFilter.model_fields}
    told: dict[str, Any] = {name: value for name, value in given.items() if value}
    if lines := as_lines(view.asked):
        told["trait"] = lines
    for name in LISTS & told.keys():
        told[name] = told[name].split(",")
    return ViewOut(
        id=view.public_id,
        name=view.name,
        filter=told,
        shared=view.shared,
        opens_first=view.pk == first,
        by=named(view.by),
        created_at=view.created_at,
    )


def asked(given: ViewFilter) -> dict[str, str]:
    """As the address of the list says it."""
    said = given.model_dump(mode="json", exclude={"trait"})
    said |= {name: ",".join(said[name]) for name in LISTS}
    said |= {"sort": "" if given.sort == "name" else given.sort}
    return {NAMES.get(name, name): (value or "").strip() for name, value in said.items()} | as_parts(given.trait)


def found(request: ApiRequest, view_id: str) -> SavedView:
    """Their own, or a shared one."""
    for view in queries.views_of(request.staff):
        if view.public_id == view_id:
            return view
    raise not_found()


def _share(request: ApiRequest) -> None:
    if Permission.VIEWS_SHARE not in request.scopes:
        raise Problem("missing_scope", "What everyone sees needs the scope views.share, too.")


@router.get("/views", **op(MAY, ViewList))
def list_views(request: ApiRequest) -> ViewList:
    """List saved views

    Those of the maker of the key and the shared ones, 50 at most.
    """
    first = queries.first_view(request.staff)
    return ViewList(data=[shown(view, first) for view in queries.views_of(request.staff)])


@router.post("/views", **op(MAY, ViewOut, status=201, thing=True, refusals=("conflict",)))
def save_view(request: ApiRequest, body: NewView) -> ViewOut:
    """Save a view

    A tab of the list of people, for the maker of the key or for everyone.
    """
    if body.shared:
        _share(request)
    view = people.save_view(
        name=body.name, asked=asked(body.filter), by=request.staff, shared=body.shared, now=request.now
    )
    return tagged(request, shown(view, None))


@router.get("/views/{view_id}", **op(MAY, ViewOut, thing=True))
def get_view(request: ApiRequest, view_id: str) -> ViewOut:
    """Get a saved view

    Its own, or a shared one.
    """
    return tagged(request, shown(found(request, view_id), queries.first_view(request.staff)))


@router.patch("/views/{view_id}", **op(MAY, ViewOut, thing=True, refusals=("changed_meanwhile", "conflict")))
def change_view(request: ApiRequest, view_id: str, body: ViewChange) -> ViewOut:
    """Change a saved view

    A shared one, or to share one, needs the scope views.share. With `opens_first` it is where their list begins.
    """
    view = found(request, view_id)
    must_match(request, shown(view, queries.first_view(request.staff)))
    if body.name is not None or body.filter is not None or body.shared is not None:
        if view.shared or body.shared:
            _share(request)
        view = people.change_view(
            view=view,
            by=request.staff,
            now=request.now,
            name=body.name,
            asked=None if body.filter is None else asked(body.filter),
            shared=body.shared,
        )
    if body.opens_first is not None:
        _open_first(request, view, body.opens_first)
    return get_view(request, view_id)


def _open_first(request: ApiRequest, view: SavedView, wanted: bool) -> None:
    if wanted:
        people.open_first(staff=request.staff, view=view)
    elif queries.first_view(request.staff) == view.pk:
        people.open_first(staff=request.staff, view=None)


@router.delete("/views/{view_id}", **op(MAY, None, status=204, refusals=("conflict",)))
def delete_view(request: ApiRequest, view_id: str) -> None:
    """Delete a saved view

    Its people stay. A shared one needs the scope views.share.
    """
    view = found(request, view_id)
    if view.shared:
        _share(request)
    people.delete_view(view=view, by=request.staff, now=request.now)


assert set(Sorts.__args__) <= set(ORDERS)  # type: ignore[attr-defined]
assert set(ViewFilter.model_fields) == {*Fitting.model_fields, "sort", "columns"}
