"""Groups of tags and the tags in them: made, renamed, put in order, archived, merged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, F, Max, ProtectedError

from guanxi.events import operations as events
from guanxi.governance import operations as governance
from guanxi.governance.models import Staff
from guanxi.kit import scope
from guanxi.people.events import TagsMerged
from guanxi.people.models import PersonTag, Role, Tag, TagGroup
from guanxi.people.operations.tagging.putting import LOCK, Put, Tagged, TagRefused, slot_of, tag_people
from guanxi.people.registry import audiences_asking
from guanxi.people.rules.tags import OWN_LIMIT, TAGS_LIMIT, BadName, Wins, folded, tag_name

GROUPS_LIMIT = 200
MERGED_AT_MOST = 100_000
"""People who carry a tag that is merged in one go; more are changed with a change of many."""


def _named(text: str) -> str:
    try:
        return tag_name(text)
    except BadName as error:
        raise TagRefused(error.reason) from error


@transaction.atomic
def create_tag_group(
    *, name: str, by: Staff | None, now: datetime, exclusive: bool = False, wins: str = Wins.OURS
) -> TagGroup:
    """Raises TagRefused."""
    name = _named(name)
    _alone()
    if TagGroup.objects.filter(folded=folded(name)).exists():
        raise TagRefused("taken", name)
    if TagGroup.objects.count() >= GROUPS_LIMIT:
        raise TagRefused("too_many")
    last = TagGroup.objects.aggregate(last=Max("position"))["last"] or 0
    group: TagGroup = TagGroup.objects.create(
        name=name, folded=folded(name), exclusive=exclusive, wins=Wins(wins), position=last + 1, created_at=now
    )
    governance.record(act="tag_group.created", by=by, subject=group.public_id, now=now)
    return group


@transaction.atomic
def change_tag_group(
    *,
    group: TagGroup,
    by: Staff | None,
    now: datetime,
    name: str | None = None,
    exclusive: bool | None = None,
    wins: str | None = None,
    position: int | None = None,
) -> TagGroup:
    """What is left out stays. Raises TagRefused: two_of_them when somebody carries two tags of a group that is to be
    exclusive."""
    _alone()
    group = TagGroup.objects.select_for_update().get(pk=group.pk)
    if name is not None:
        group.name = _named(name)
        group.folded = folded(group.name)
        if TagGroup.objects.filter(folded=group.folded).exclude(pk=group.pk).exists():
            raise TagRefused("taken", group.name)
    group.wins = group.wins if wins is None else Wins(wins)
    if exclusive is not None and exclusive != group.exclusive:
        group.exclusive = exclusive
        _share_slots(group)
    if position is not None:
        _move(TagGroup, list(TagGroup.objects.order_by("position", "pk")), group, position)
        group.position = position
    group.save(update_fields=["name", "folded", "exclusive", "wins"])
    governance.record(act="tag_group.changed", by=by, subject=group.public_id, now=now)
    group.refresh_from_db()
    return group


def _share_slots(group: TagGroup) -> None:
    tags = list(Tag.objects.filter(group=group).order_by("pk").select_for_update())
    carried = PersonTag.objects.filter(tag__in=tags)
    if not group.exclusive:
        carried.update(slot=F("tag_id"))
        return
    if carried.values("person").annotate(n=Count("pk")).filter(n__gt=1).exists():
        raise TagRefused("two_of_them")
    carried.update(slot=-group.pk)


@transaction.atomic
def remove_tag_group(*, group: TagGroup, by: Staff | None, now: datetime) -> None:
    """Only an empty one. Raises TagRefused."""
    if Tag.objects.filter(group=group).exists():
        raise TagRefused("in_use")
    governance.record(act="tag_group.removed", by=by, subject=group.public_id, now=now)
    TagGroup.objects.filter(pk=group.pk).delete()


@transaction.atomic
def create_tags(*, group: TagGroup, names: Sequence[str], by: Staff | None, now: datetime) -> list[Tag]:
    """Tags of a group, in this order, behind those that are there. Raises TagRefused."""
    _alone()
    wanted = [_named(name) for name in names]
    known = set(Tag.objects.filter(group=group).values_list("folded", flat=True))
    for at, name in enumerate(wanted):
        if folded(name) in known or folded(name) in {folded(one) for one in wanted[:at]}:
            raise TagRefused("taken", name)
    if Tag.objects.filter(group__isnull=False).count() + len(wanted) > TAGS_LIMIT:
        raise TagRefused("too_many")
    last = Tag.objects.filter(group=group).aggregate(last=Max("position"))["last"] or 0
    made: list[Tag] = [
        Tag.objects.create(group=group, name=name, folded=folded(name), position=last + at, created_at=now)
        for at, name in enumerate(wanted, 1)
    ]
    for tag in made:
        governance.record(act="tag.created", by=by, subject=tag.public_id, now=now)
    return made


@transaction.atomic
def own_tag(*, name: str, by: Staff, now: datetime) -> Tag:
    """The tag of this name that is theirs alone, made when it is not there. Raises TagRefused."""
    name = _named(name)
    _alone()
    mine = Tag.objects.filter(staff=by)
    known: Tag | None = mine.filter(folded=folded(name)).first()
    if known is not None:
        return known
    if mine.count() >= OWN_LIMIT:
        raise TagRefused("too_many")
    made: Tag = Tag.objects.create(staff=by, name=name, folded=folded(name), created_at=now)
    return made


@transaction.atomic
def role_tag(role: str, *, now: datetime) -> Tag | None:
    """The row that says this role of people; None for consumers, of whom none says it."""
    if Role(role) == Role.CONSUMER:
        return None
    known: Tag | None = Tag.objects.filter(role=role).first()
    if known is not None:
        return known
    made, _new = Tag.objects.get_or_create(role=role, defaults={"name": role, "folded": role, "created_at": now})
    return made


def set_role(*, people: Sequence[int], role: str, put: Put, now: datetime) -> dict[int, Tagged]:
    """What these people are from now on; consumer takes away what they were."""
    tag = role_tag(role, now=now)
    if tag is not None:
        return tag_people(people=people, add=[tag], put=put, now=now)
    return tag_people(people=people, remove=list(Tag.objects.exclude(role="")), put=put, now=now)


@transaction.atomic
def change_tag(
    *,
    tag: Tag,
    by: Staff,
    now: datetime,
    name: str | None = None,
    position: int | None = None,
    archived: bool | None = None,
) -> Tag:
    """What is left out stays. Raises TagRefused."""
    _alone()
    tag = _held(tag, by)
    if name is not None and (name := _named(name)) != tag.name:
        same = Tag.objects.filter(group=tag.group_id, staff=tag.staff_id, folded=folded(name)).exclude(pk=tag.pk)
        if same.exists():
            raise TagRefused("taken", name)
        tag.name, tag.folded = name, folded(name)
        _record(tag, "tag.renamed", by, now)
    if archived is not None and archived != (tag.archived_at is not None):
        if not archived and tag.merged_into_id is not None:
            raise TagRefused("merged", tag.name)
        tag.archived_at = now if archived else None
        _record(tag, "tag.archived" if archived else "tag.restored", by, now)
    tag.save(update_fields=["name", "folded", "archived_at"])
    if position is not None:
        _move(
            Tag,
            list(Tag.objects.filter(group=tag.group_id, staff=tag.staff_id).order_by("position", "pk")),
            tag,
            position,
        )
        tag.refresh_from_db()
    return tag


@transaction.atomic
def remove_tag(*, tag: Tag, by: Staff, now: datetime) -> None:
    """One that nobody carries and no audience asks for. Raises TagRefused: in_use, asked."""
    _alone()
    tag = _held(tag, by)
    if asking := audiences_asking(tag):
        raise TagRefused("asked", tag.name, asking)
    if PersonTag.objects.filter(tag=tag).exists() or Tag.objects.filter(merged_into=tag).exists():
        raise TagRefused("in_use", tag.name)
    try:
        with transaction.atomic():
            Tag.objects.filter(pk=tag.pk).delete()
    except ProtectedError:  # a room above stands on it
        raise TagRefused("in_use", tag.name) from None
    _record(tag, "tag.removed", by, now)


@transaction.atomic
def merge_tags(*, tag: Tag, into: Tag, by: Staff, now: datetime) -> int:
    """Whoever carries `tag` carries `into` instead, since the earlier of the two; `tag` stays as an archived name of
    it. How many carried it. Raises TagRefused: same, other_group, archived, too_many."""
    if tag.pk == into.pk:
        raise TagRefused("same")
    _alone()
    rows = Tag.objects.select_related("group").in_bulk([tag.pk, into.pk])
    tag, into = rows[tag.pk], rows[into.pk]
    if tag.group_id is None or tag.group_id != into.group_id:
        raise TagRefused("other_group")
    if into.archived_at is not None or tag.merged_into_id is not None:
        raise TagRefused("archived", into.name)
    ids = list(PersonTag.objects.filter(tag=tag).values_list("pk", flat=True)[: MERGED_AT_MOST + 1])
    if len(ids) > MERGED_AT_MOST:
        raise TagRefused("too_many")
    events.touch("tags", ids)
    _join(tag, into)
    Tag.objects.filter(merged_into=tag).update(merged_into=into)
    Tag.objects.filter(pk=tag.pk).update(archived_at=now, merged_into=into)
    events.tell(TagsMerged(tag.public_id, into.public_id), at=now)
    governance.record(act="tag.merged", by=by, subject=tag.public_id, detail={"into": into.public_id}, now=now)
    return len(ids)


def _join(tag: Tag, into: Tag) -> None:
    table, exclusive = PersonTag._meta.db_table, slot_of(into) < 0
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} kept SET since = least(kept.since, gone.since) FROM {table} gone "  # noqa: S608
            "WHERE kept.workspace_id = %s AND kept.tag_id = %s AND gone.tag_id = %s "
            "AND gone.person_id = kept.person_id RETURNING kept.id",
            [scope.current(), into.pk, tag.pk],
        )
        events.touch("tags", [pk for (pk,) in cursor.fetchall()])
        cursor.execute(
            f"DELETE FROM {table} gone USING {table} kept "  # noqa: S608
            "WHERE gone.workspace_id = %s AND gone.tag_id = %s AND kept.tag_id = %s "
            "AND gone.person_id = kept.person_id",
            [scope.current(), tag.pk, into.pk],
        )
    left: dict[str, Any] = {"tag": into} if exclusive else {"tag": into, "slot": into.pk}
    PersonTag.objects.filter(tag=tag).update(**left)


def _held(tag: Tag, by: Staff) -> Tag:
    found: Tag = Tag.objects.select_for_update().get(pk=tag.pk)
    if found.role or found.staff_id not in (None, by.pk):
        raise TagRefused("not_yours", found.name)
    return found


def _record(tag: Tag, act: str, by: Staff, now: datetime) -> None:
    """One's own tags are one's own business."""
    if tag.group_id is not None:
        governance.record(act=act, by=by, subject=tag.public_id, now=now)


def _move(model: type[TagGroup] | type[Tag], rows: list[Any], one: Any, position: int) -> None:
    """To this place among the others, counted from one; they all get places in their order."""
    others = [row for row in rows if row.pk != one.pk]
    others.insert(max(position - 1, 0), one)
    for place, row in enumerate(others, 1):
        model.objects.filter(pk=row.pk).exclude(position=place).update(position=place)


def _alone() -> None:
    """Names are given one at a time: two who give the same at once would both find it free."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [LOCK.format(scope.current())])
