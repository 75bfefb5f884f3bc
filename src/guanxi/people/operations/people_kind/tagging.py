"""The columns of tags and roles: what each row says, which tags are made for it, and how it is taken back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from guanxi.kit import bulk
from guanxi.people.models import ImportChange, PersonTag, Role, Tag, TaggedBy, TagGroup
from guanxi.people.operations.journal import TAGS_OF_PEOPLE, note_changes
from guanxi.people.operations.people_kind.reading import ReadyPerson
from guanxi.people.operations.tagging.naming import GROUPS_LIMIT, create_tag_group, create_tags, set_role
from guanxi.people.operations.tagging.putting import Put, Tagged, slot_of, tag_people
from guanxi.people.operations.tagging.undoing import kept, untag_people
from guanxi.people.port import ImportContext, Rejected, TakenBack
from guanxi.people.rules.tags import TAGS_LIMIT, folded

Name = tuple[str, str]
"""Group, or "", and tag, as a cell writes them."""


IMPORTED = "Imported"
"""The group of new tags that name none."""


class Unfit(ValueError):
    def __init__(self, reason: str, value: str) -> None:
        super().__init__(reason)
        self.reason, self.value = reason, value


@dataclass
class Words:
    """The tags that the rows of a chunk name. `made` are those that the import will make: (group, tag) folded → as
    they are written first."""

    by_name: dict[Name, list[Tag]] = field(default_factory=dict)
    groups: dict[str, TagGroup] = field(default_factory=dict)
    made: dict[Name, Name] = field(default_factory=dict)
    room: int = TAGS_LIMIT
    room_for_groups: int = GROUPS_LIMIT

    def of_row(self, names: Iterable[Name], context: ImportContext) -> tuple[Tag | Name, ...]:
        """Tags that are there, and folded names of those that will be made. Raises Unfit."""
        found: dict[object, Tag | Name] = {}
        for name in names:
            one = self._one(name, context)
            if one is None:
                continue
            slot = slot_of(one) if isinstance(one, Tag) else self._slot(one)
            if found.setdefault(slot, one) != one:
                raise Unfit("two_of_a_group", shown(name))
        return tuple(found.values())

    def _one(self, name: Name, context: ImportContext) -> Tag | Name | None:
        known = self.by_name.get((folded(name[0]), folded(name[1])), [])
        usable = [tag for tag in known if tag.archived_at is None]
        if len(usable) > 1:
            raise Unfit("ambiguous_tag", shown(name))
        if usable:
            return usable[0]
        if merged := next((tag.merged_into for tag in known if tag.merged_into is not None), None):
            return merged
        if known:
            raise Unfit("archived_tag", shown(name))
        match context.options.get("unknown_tag", "create"):
            case "leave":
                return None
            case "reject":
                raise Unfit("unknown_tag", shown(name))
            case _:
                return self._make(name)

    def _make(self, name: Name) -> Name | Tag:
        group = name[0] or IMPORTED
        key = (folded(group), folded(name[1]))
        if not name[0] and (there := self.by_name.get(key)):
            return there[0]
        if key not in self.made:
            new_group = key[0] not in self.groups and all(one[0] != key[0] for one in self.made)
            if self.room <= 0 or (new_group and self.room_for_groups <= 0):
                raise Unfit("too_many_tags", shown(name))
            self.made[key] = (group, name[1])
            self.room -= 1
            self.room_for_groups -= new_group
        return key

    def _slot(self, key: Name) -> object:
        group = self.groups.get(key[0])
        return -group.pk if group is not None and group.exclusive else key


def shown(name: Name) -> str:
    return f"{name[0]}: {name[1]}" if name[0] else name[1]


def words_of(rows: Sequence[ReadyPerson], context: ImportContext) -> Words:
    """Everything that is known of the tags of these rows: nothing is asked when they have none."""
    named = {name for row in rows for name in row.tags}
    if not named:
        return Words()
    words = Words(
        groups={group.folded: group for group in TagGroup.objects.all()},
        room=TAGS_LIMIT - Tag.objects.filter(group__isnull=False).count(),
        room_for_groups=GROUPS_LIMIT - TagGroup.objects.count(),
    )
    tags = Tag.objects.filter(group__isnull=False, folded__in={folded(tag) for _group, tag in named})
    for tag in tags.select_related("group", "merged_into__group"):
        assert tag.group is not None
        for group in ("", tag.group.folded):
            words.by_name.setdefault((group, tag.folded), []).append(tag)
    return words


def role_tags() -> dict[str, Tag]:
    return {tag.role: tag for tag in Tag.objects.exclude(role="")}


def carried(people: Sequence[int], tags: Collection[Tag]) -> dict[int, set[int]]:
    """Person → which of these tags they have already, and by a hand."""
    wanted = {tag.pk for tag in tags}
    if not wanted or not people:
        return {}
    found: dict[int, set[int]] = defaultdict(set)
    rows = PersonTag.objects.filter(tag__in=wanted).extra(**bulk.any_number("person_id", people))
    for person, tag in rows.exclude(how=TaggedBy.RULE).values_list("person", "tag"):
        found[person].add(tag)
    return found


def rejected(row: ReadyPerson, unfit: Unfit) -> Rejected:
    return Rejected(row.row_no, unfit.reason, {"value": unfit.value})


def write_tags(
    said: Sequence[tuple[int, Sequence[Tag | Name]]],
    roles: Sequence[tuple[int, str]],
    words: Mapping[Name, Name],
    context: ImportContext,
) -> None:
    """Person → tags, and person → role. Tag by tag: the work follows the number of tags, not of people."""
    made = _made({one for _person, tags in said for one in tags if not isinstance(one, Tag)}, words, context)
    whose: dict[int, list[int]] = defaultdict(list)
    known: dict[int, Tag] = {}
    for person, tags in said:
        for one in tags:
            tag = one if isinstance(one, Tag) else made[one]
            known[tag.pk] = tag
            whose[tag.pk].append(person)
    put = Put(how=TaggedBy.IMPORT, import_id=context.import_id)
    for pk, people in sorted(whose.items()):
        _note(tag_people(people=people, add=[known[pk]], put=put, now=context.now), context)
    by_role: dict[str, list[int]] = defaultdict(list)
    for person, role in roles:
        by_role[role].append(person)
    for role, people in sorted(by_role.items()):
        _note(set_role(people=people, role=role, put=put, now=context.now), context)


def _made(wanted: Collection[Name], words: Mapping[Name, Name], context: ImportContext) -> dict[Name, Tag]:
    """Those that somebody made meanwhile are taken as they are."""
    found: dict[Name, Tag] = {}
    for key in sorted(wanted):
        group_name, tag_name = words[key]
        group = TagGroup.objects.filter(folded=key[0]).first()
        if group is None:
            group = create_tag_group(name=group_name, by=None, now=context.now)
            note_changes(import_id=context.import_id, model=TagGroup, changes=[(group.pk, {}, {"name": group.name})])
        tag = Tag.objects.filter(group=group, folded=key[1]).select_related("group").first()
        if tag is None:
            [tag] = create_tags(group=group, names=[tag_name], by=None, now=context.now)
            note_changes(import_id=context.import_id, model=Tag, changes=[(tag.pk, {}, {"name": tag.name})])
        found[key] = tag
    return found


def _note(done: Mapping[int, Tagged], context: ImportContext) -> None:
    changed = {person: kept(one) for person, one in done.items() if one.changed}
    rows: list[tuple[Any, ...]] = [
        (context.import_id, TAGS_OF_PEOPLE, person, was, {}) for person, was in changed.items()
    ]
    bulk.insert(ImportChange, ["of_id", "table", "row", "before", "after"], rows)


@dataclass(frozen=True)
class TakeBackTags:
    key: str = "tags"

    def take_back(self, *, import_id: int, after: int, limit: int, now: datetime) -> TakenBack:
        """The newest change first; whoever got other tags since keeps them."""
        noted = ImportChange.objects.filter(of_id=import_id, table=TAGS_OF_PEOPLE).order_by("-pk")
        changes = list((noted.filter(pk__lt=after) if after else noted)[:limit])
        if not changes:
            return TakenBack(None)
        back = 0
        for some in _rounds(changes):
            before = {change.row: change.before for change in some}
            back += len(untag_people(before=before, how=TaggedBy.IMPORT, now=now, import_id=import_id))
        left = len(changes) - back
        return TakenBack(changes[-1].pk, restored=back, kept={"changed_since": left} if left else {})


def _rounds(changes: Sequence[ImportChange]) -> list[list[ImportChange]]:
    """As many at once as are of different people."""
    rounds: list[list[ImportChange]] = []
    at: dict[int, int] = defaultdict(int)
    for change in changes:
        place = at[change.row]
        at[change.row] += 1
        if place == len(rounds):
            rounds.append([])
        rounds[place].append(change)
    return rounds


def role_says(role: str, has: Collection[int], roles: Mapping[str, Tag]) -> bool:
    """Whether this role is news for who has these tags."""
    if role == Role.CONSUMER:
        return any(tag.pk in has for tag in roles.values())
    return role not in roles or roles[role].pk not in has
