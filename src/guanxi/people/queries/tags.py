"""Tags: which there are, who carries them, and as the lake keeps them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
from django.db.models import Count, F, Q, QuerySet

from guanxi.events.registry import mirror_columns
from guanxi.governance.models import Staff
from guanxi.kit import bulk
from guanxi.people.models import Person, PersonTag, Role, Tag, TaggedBy, TagGroup, TagRefusal
from guanxi.people.rules.tags import BadName, folded, tag_name

ORDER = (F("group__position").asc(nulls_last=True), "group_id", "position", "folded", "pk")


@dataclass(frozen=True)
class KnownTag:
    """A tag on a person."""

    public_id: str
    name: str
    group: str
    """"" for one's own."""
    since: datetime
    how: str
    by: str
    reason: str
    expires_at: datetime | None
    archived: bool

    @property
    def how_words(self) -> str:
        return str(TaggedBy(self.how).label)


@dataclass(frozen=True)
class Refused:
    """A tag that no rule puts on this person any more."""

    public_id: str
    name: str
    at: datetime


def tags_for(staff: Staff | None) -> QuerySet[Tag]:
    """The tags that a member of staff knows of, in their order: those of groups, then their own."""
    own = Q(staff=staff) if staff is not None else Q()
    known: QuerySet[Tag] = Tag.objects.filter(Q(group__isnull=False) | own if staff else Q(group__isnull=False))
    return known.select_related("group").order_by(*ORDER)


def usable(staff: Staff | None) -> QuerySet[Tag]:
    return tags_for(staff).filter(archived_at=None)


def tags_like(staff: Staff, text: str) -> QuerySet[Tag]:
    """Those that may be put on and whose name, or whose group's, holds this text. Names are few enough to look through:
    3,000 at most."""
    part = folded(" ".join(text.split()))
    tags = usable(staff)
    if not part or "\x00" in part:
        return tags
    group, mark, name = part.partition(":")
    if mark:
        return tags.filter(group__folded__contains=group.strip(), folded__contains=name.strip())
    return tags.filter(Q(folded__contains=part) | Q(group__folded__contains=part))


def full_name(tag: Tag) -> str:
    return f"{tag.group.name}: {tag.name}" if tag.group is not None else tag.name


def find_tags(staff: Staff | None, names: Iterable[str]) -> dict[str, list[Tag]]:
    """Name as it was written → the tags that it may mean: `Group: Name`, or a name alone. None is archived."""
    wanted = {name: _read(name) for name in names}
    bare = set(wanted.values()) | {key.partition(":")[2].strip() for key in wanted.values()}
    found: dict[str, list[Tag]] = defaultdict(list)
    for tag in usable(staff).filter(folded__in=bare):
        found[tag.folded].append(tag)
        if tag.group is not None:
            found[f"{tag.group.folded}: {tag.folded}"].append(tag)
    return {name: found.get(key) or found.get(_spaced(key), []) for name, key in wanted.items()}


def _read(name: str) -> str:
    parts = name.split(":") if ":" in name else [name]
    try:
        return folded(": ".join(tag_name(one) for one in parts))
    except BadName:
        return folded(name.strip())


def _spaced(key: str) -> str:
    group, _mark, name = key.partition(":")
    return f"{group.strip()}: {name.strip()}"


def person_tags(person: Person, staff: Staff | None) -> list[KnownTag]:
    return tags_of([person.pk], staff).get(person.pk, [])


def tags_of(people: Sequence[int], staff: Staff | None) -> dict[int, list[KnownTag]]:
    """The tags of these people that `staff` may know of, by person, in the order of tags; one query."""
    mine = Q(tag__group__isnull=False) | Q(tag__staff=staff) if staff else Q(tag__group__isnull=False)
    rows = PersonTag.objects.filter(mine, person__in=people).select_related("tag", "tag__group", "by")
    order = (F("tag__group__position").asc(nulls_last=True), "tag__group_id", "tag__position", "tag__folded", "pk")
    found: dict[int, list[KnownTag]] = defaultdict(list)
    for row in rows.order_by(*order):
        found[row.person_id].append(
            KnownTag(
                public_id=row.tag.public_id,
                name=row.tag.name,
                group=row.tag.group.name if row.tag.group else "",
                since=row.since,
                how=row.how,
                by=row.by.name if row.by else "",
                reason=row.reason,
                expires_at=row.expires_at,
                archived=row.tag.archived_at is not None,
            )
        )
    return dict(found)


def refused_tags(person: Person) -> list[Refused]:
    rows = TagRefusal.objects.filter(person=person, tag__group__isnull=False).select_related("tag")
    return [Refused(row.tag.public_id, row.tag.name, row.at) for row in rows.order_by("tag__folded", "pk")]


def tag_groups() -> list[TagGroup]:
    return list(TagGroup.objects.order_by("position", "pk"))


def carried(tags: Iterable[int]) -> dict[int, int]:
    """Tag → how many people carry it."""
    rows = PersonTag.objects.filter(tag__in=list(tags), person__merged_into=None).values("tag").annotate(n=Count("pk"))
    return {row["tag"]: row["n"] for row in rows}


@dataclass(frozen=True)
class KnownRole:
    """What a person is, and since when somebody said so; without that they are a consumer as everybody."""

    role: Role
    since: datetime | None = None
    how: str = ""
    by: str = ""
    reason: str = ""
    expires_at: datetime | None = None

    @property
    def how_words(self) -> str:
        return str(TaggedBy(self.how).label) if self.how else ""


def role_of(person: Person) -> KnownRole:
    row = PersonTag.objects.filter(person=person, slot=0).select_related("tag", "by").first()
    if row is None:
        return KnownRole(Role.CONSUMER)
    by = row.by.name if row.by else ""
    return KnownRole(Role(row.tag.role), row.since, row.how, by, row.reason, row.expires_at)


def roles_of(people: Sequence[int]) -> dict[int, Role]:
    """Person → role, for those who are more than consumers."""
    rows = PersonTag.objects.filter(slot=0).extra(**bulk.any_number("person_id", people))
    return {person: Role(role) for person, role in rows.values_list("person_id", "tag__role")}


def tags_mirrored(keys: Sequence[int]) -> pa.Table:
    """These rows as the lake keeps them (`events.lake.TAGS`): tags of groups, on people who stand for themselves."""
    rows = PersonTag.objects.filter(
        pk__in=keys, tag__group__isnull=False, person__merged_into=None, person__erased_at=None
    )
    found = list(rows.values_list("pk", "person_id", "tag_id", "since", "how"))
    schema = mirror_columns("tags")
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in found], schema)
