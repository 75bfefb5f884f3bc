"""Tags: groups and the words in them, who carries which, and what a person is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal

from ninja import Router
from pydantic import Field

from guanxi.api.access import ApiRequest, op
from guanxi.api.problems import invalid
from guanxi.api.v1.fitting import Roles
from guanxi.api.v1.people import found
from guanxi.api.v1.shapes import At, Flag, Id, In, Line, Moment, Name, Named, Number, Out, named, one
from guanxi.governance.queries import Permission
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import Tag, TaggedBy, TagGroup
from guanxi.people.operations import Put

router = Router(tags=["Tags"])
VIEW, EDIT, MANAGE = Permission.PEOPLE_VIEW, Permission.PEOPLE_EDIT, Permission.TAGS_MANAGE
TagName = Annotated[Name, Field(max_length=30)]
WinsWords = Literal["ours", "channel", "newest"]
HowWords = Literal["staff", "rule", "import", "api", "channel"]
assert set(WinsWords.__args__) == {wins for wins, _label in TagGroup.WINS}  # type: ignore[attr-defined]
assert set(HowWords.__args__) == set(TaggedBy.values)  # type: ignore[attr-defined]


class TagOut(Out):
    id: str
    name: str
    group: Named | None = Field(description="Null: a tag of the maker of the key alone.")
    position: int
    archived: bool = Field(description="Whoever carries it keeps it; nobody new gets it.")
    merged_into: str | None = Field(description="The tag that it became.")
    people: int = Field(description="How many carry it.")


class TagGroupOut(Out):
    """`exclusive`: a person carries one of its tags at the most. `wins`: whose word counts when a channel differs."""

    id: str
    name: str
    exclusive: bool
    wins: WinsWords
    position: int


class TagList(Out):
    groups: list[TagGroupOut]
    data: list[TagOut]


class NewTagGroup(In):
    name: TagName
    exclusive: Flag = False
    wins: WinsWords = "ours"


class TagGroupChange(In):
    """What is left out stays as it is."""

    name: TagName | None = None
    exclusive: Flag | None = None
    wins: WinsWords | None = None
    position: Number | None = Field(None, ge=1, le=3_000)


class NewTags(In):
    group: Id("tgg")  # type: ignore[valid-type]
    names: list[TagName] = Field(min_length=1, max_length=200)


class TagChange(In):
    """What is left out stays as it is."""

    name: TagName | None = None
    position: Number | None = Field(None, ge=1, le=3_000)
    archived: Flag | None = None


class MergeTag(In):
    into: Id("tag")  # type: ignore[valid-type]


class CarriedOut(Out):
    """A tag on a person. `how` it came; `by` whom, when it was somebody; `expires_at`, if it goes by itself."""

    id: str
    name: str
    group: str | None
    since: At
    how: HowWords
    by: str | None
    reason: str | None
    expires_at: At | None


class CarriedList(Out):
    """`refused`: taken off by hand; no rule puts them on again."""

    data: list[CarriedOut]
    refused: list[str]


class Tagging(In):
    """Ids of tags. A tag of an exclusive group takes the place of the one before."""

    add: list[Id("tag")] = Field([], max_length=50)  # type: ignore[valid-type]
    remove: list[Id("tag")] = Field([], max_length=50)  # type: ignore[valid-type]
    let: list[Id("tag")] = Field([], max_length=50, description="Rules may put these on again.")  # type: ignore[valid-type]
    reason: Line = Field("", max_length=200)
    expires_at: Moment | None = Field(None, description="When the added tags go by themselves.")


class RoleOut(Out):
    role: Roles
    since: At | None
    how: HowWords | None
    by: str | None
    reason: str | None
    expires_at: At | None


class NewRole(In):
    role: Roles
    reason: Line = Field("", max_length=200)
    expires_at: Moment | None = Field(None, description="From then on they are a consumer again.")


def group_out(row: TagGroup) -> TagGroupOut:
    return TagGroupOut(
        id=row.public_id,
        name=row.name,
        exclusive=row.exclusive,
        wins=row.wins,  # type: ignore[arg-type]
        position=row.position,
    )


def shown(rows: Sequence[Tag]) -> list[TagOut]:
    people = queries.carried([row.pk for row in rows])
    return [
        TagOut(
            id=row.public_id,
            name=row.name,
            group=named(row.group),
            position=row.position,
            archived=row.archived_at is not None,
            merged_into=row.merged_into.public_id if row.merged_into else None,
            people=people.get(row.pk, 0),
        )
        for row in rows
    ]


def tags(request: ApiRequest) -> Any:
    return queries.tags_for(request.staff).select_related("merged_into")


def all_of(request: ApiRequest, ids: Iterable[str], field: str) -> list[Tag]:
    """Raises the problem that one of them is not there."""
    wanted = list(dict.fromkeys(ids))
    rows = {row.public_id: row for row in tags(request).filter(public_id__in=wanted)}
    if missing := next((each for each in wanted if each not in rows), None):
        raise invalid(field, f"There is no tag {missing}.", "unknown_id")
    return [rows[each] for each in wanted]


@router.get("/tags", **op(VIEW, TagList))
def list_tags(request: ApiRequest) -> TagList:
    """List tags and their groups

    Those of the workspace and, without a group, those of the maker of the key; 3,000 and 200 at most.
    """
    return TagList(groups=[group_out(row) for row in queries.tag_groups()], data=shown(list(tags(request))))


@router.post("/tag-groups", **op(MANAGE, TagGroupOut, status=201, refusals=("conflict",)))
def create_tag_group(request: ApiRequest, body: NewTagGroup) -> TagGroupOut:
    """Make a group of tags

    At the end of the groups that there are.
    """
    made = people.create_tag_group(
        name=body.name, exclusive=body.exclusive, wins=body.wins, by=request.staff, now=request.now
    )
    return group_out(made)


@router.patch("/tag-groups/{group_id}", **op(MANAGE, TagGroupOut, refusals=("conflict",)))
def change_tag_group(request: ApiRequest, group_id: str, body: TagGroupChange) -> TagGroupOut:
    """Change a group of tags

    It becomes exclusive only when nobody carries two of its tags.
    """
    row = one(TagGroup.objects.all(), group_id)
    changed = people.change_tag_group(group=row, by=request.staff, now=request.now, **body.model_dump())
    return group_out(changed)


@router.delete("/tag-groups/{group_id}", **op(MANAGE, None, status=204, refusals=("conflict",)))
def remove_tag_group(request: ApiRequest, group_id: str) -> None:
    """Delete an empty group of tags

    One that holds tags stays.
    """
    people.remove_tag_group(group=one(TagGroup.objects.all(), group_id), by=request.staff, now=request.now)


@router.post("/tags", **op(MANAGE, TagList, status=201, refusals=("conflict",)))
def create_tags(request: ApiRequest, body: NewTags) -> TagList:
    """Make tags in a group

    All of them or none, at the end of the group.
    """
    group = TagGroup.objects.filter(public_id=body.group).first()
    if group is None:
        raise invalid("group", "There is no such group of tags.", "unknown_id")
    made = people.create_tags(group=group, names=body.names, by=request.staff, now=request.now)
    rows = tags(request).filter(pk__in=[row.pk for row in made])
    return TagList(groups=[group_out(group)], data=shown(list(rows)))


@router.patch("/tags/{tag_id}", **op(MANAGE, TagOut, refusals=("conflict",)))
def change_tag(request: ApiRequest, tag_id: str, body: TagChange) -> TagOut:
    """Rename, move or archive a tag

    An archived tag stays with whoever carries it.
    """
    row = one(tags(request), tag_id)
    people.change_tag(tag=row, by=request.staff, now=request.now, **body.model_dump())
    return shown([one(tags(request), tag_id)])[0]


@router.delete("/tags/{tag_id}", **op(MANAGE, None, status=204, refusals=("conflict",)))
def remove_tag(request: ApiRequest, tag_id: str) -> None:
    """Delete a tag that nobody carries

    Archive one that is carried, or that the rule of an audience says.
    """
    people.remove_tag(tag=one(tags(request), tag_id), by=request.staff, now=request.now)


@router.post("/tags/{tag_id}/merge", **op(MANAGE, TagOut, refusals=("conflict",)))
def merge_tag(request: ApiRequest, tag_id: str, body: MergeTag) -> TagOut:
    """Make two tags of a group one

    Whoever carries this tag carries the other, since the earlier day; this one stays as an archived name of it. The
    answer is the other.
    """
    row = one(tags(request), tag_id)
    [into] = all_of(request, [body.into], "into")
    people.merge_tags(tag=row, into=into, by=request.staff, now=request.now)
    return shown([one(tags(request), into.public_id)])[0]


@router.get("/people/{person_id}/tags", **op(VIEW, CarriedList))
def list_person_tags(request: ApiRequest, person_id: str) -> CarriedList:
    """Tags of a person

    With those of the maker of the key alone.
    """
    return _carried(request, person_id)


@router.post("/people/{person_id}/tags", **op(EDIT, CarriedList, refusals=("conflict",)))
def tag_person(request: ApiRequest, person_id: str, body: Tagging) -> CarriedList:
    """Put tags on a person and take others off

    All of it or nothing. POST /bulks does it for many.
    """
    person = found(request, person_id)
    add, remove = all_of(request, body.add, "add"), all_of(request, body.remove, "remove")
    let = all_of(request, body.let, "let")
    put = Put(how=TaggedBy.API, by=request.staff, reason=body.reason, expires_at=body.expires_at)
    people.tag_people(people=[person.pk], add=add, remove=remove, put=put, now=request.now)
    for tag in let:
        people.let_rules(person=person, tag=tag)
    return _carried(request, person_id)


def _carried(request: ApiRequest, person_id: str) -> CarriedList:
    person = found(request, person_id)
    return CarriedList(
        data=[
            CarriedOut(
                id=each.public_id,
                name=each.name,
                group=each.group or None,
                since=each.since,
                how=each.how,  # type: ignore[arg-type]
                by=each.by or None,
                reason=each.reason or None,
                expires_at=each.expires_at,
            )
            for each in queries.person_tags(person, request.staff)
        ],
        refused=[each.public_id for each in queries.refused_tags(person)],
    )


@router.get("/people/{person_id}/role", **op(VIEW, RoleOut))
def get_role(request: ApiRequest, person_id: str) -> RoleOut:
    """What a person is

    Everybody is a consumer of whom nothing else is said.
    """
    known = queries.role_of(found(request, person_id))
    return RoleOut(
        role=known.role.value,  # type: ignore[arg-type]
        since=known.since,
        how=known.how or None,  # type: ignore[arg-type]
        by=known.by or None,
        reason=known.reason or None,
        expires_at=known.expires_at,
    )


@router.put("/people/{person_id}/role", **op(EDIT, RoleOut))
def set_role(request: ApiRequest, person_id: str, body: NewRole) -> RoleOut:
    """Say what a person is

    By hand: no rule says otherwise from now on.
    """
    person = found(request, person_id)
    put = Put(how=TaggedBy.API, by=request.staff, reason=body.reason, expires_at=body.expires_at)
    people.set_role(people=[person.pk], role=body.role, put=put, now=request.now)
    return get_role(request, person_id)
