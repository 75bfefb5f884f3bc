"""A channel keeps tags of its own: what it says of people is brought into step with what we say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from guanxi.kit import bulk
from guanxi.people.models import Person, PersonTag, Tag, TaggedBy, TagGroup, TagRefusal
from guanxi.people.operations.tagging.naming import create_tags
from guanxi.people.operations.tagging.putting import Put, held, tag_people
from guanxi.people.rules.tags import BadName, Said, Wins, agreed, folded, tag_name

Names = Mapping[int, Mapping[str, Tag]]
"""Group → folded name → the tag that it is now."""


@dataclass(frozen=True, slots=True)
class TagsHeard:
    """All tags of one of our groups that the channel has on a person, by name; `at` is when that last changed there, if
    the channel says so."""

    person: int
    group: int
    names: tuple[str, ...]
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TagsAgreed:
    """What the person carries of the group from now on. `tell_channel`: the channel says something else and is to be
    told. `unknown` are names of theirs that are no tags here."""

    person: int
    group: int
    tags: tuple[str, ...]
    tell_channel: bool
    unknown: tuple[str, ...]


@transaction.atomic
def hear_tags(heard: Sequence[TagsHeard], *, now: datetime) -> list[TagsAgreed]:
    """Many people's tags as a channel has them; of each group `wins` says whose word counts (`rules.tags.agreed`).
    Where the channel's may, tags that only it knows are made. Whoever is not there, or was erased, is left out.

    Our word is as old as the last tag of the group that somebody put on the person, or took off for good.
    """
    groups = TagGroup.objects.in_bulk({one.group for one in heard})
    names = _names(heard, groups, now)
    rows = Person.objects.filter(pk__in={one.person for one in heard}, erased_at=None).values_list("pk", "merged_into")
    whom = {pk: into or pk for pk, into in rows}
    held(sorted(set(whom.values())))
    ours = _ours(sorted(set(whom.values())), groups)
    answers: list[TagsAgreed] = []
    add: dict[Tag, list[int]] = defaultdict(list)
    remove: dict[Tag, list[int]] = defaultdict(list)
    for one in heard:
        if one.group not in groups or one.person not in whom:
            continue
        group, person = groups[one.group], whom[one.person]
        mine = ours.get((person, group.pk), ({}, None))
        theirs, unknown = _theirs(one, group, names[group.pk], mine[0])
        known = {**mine[0], **theirs}
        carries = agreed(Wins(group.wins), Said(frozenset(mine[0]), mine[1]), Said(frozenset(theirs), one.at))
        for pk in carries - set(mine[0]):
            add[known[pk]].append(person)
        for pk in set(mine[0]) - carries:
            remove[known[pk]].append(person)
        names_now = tuple(sorted(known[pk].name for pk in carries))
        answers.append(TagsAgreed(one.person, group.pk, names_now, carries != set(theirs) or bool(unknown), unknown))
    put = Put(how=TaggedBy.CHANNEL)
    for tag, people in sorted(remove.items(), key=lambda item: item[0].pk):
        tag_people(people=people, remove=[tag], put=put, now=now)
    for tag, people in sorted(add.items(), key=lambda item: item[0].pk):
        tag_people(people=people, add=[tag], put=put, now=now)
    return answers


def _read(name: str) -> str:
    try:
        return tag_name(name)
    except BadName:
        return ""


def _names(heard: Sequence[TagsHeard], groups: Mapping[int, TagGroup], now: datetime) -> Names:
    wanted: dict[int, dict[str, str]] = {pk: {} for pk in groups}
    for one in heard:
        for name in filter(None, map(_read, one.names if one.group in groups else ())):
            wanted[one.group].setdefault(folded(name), name)
    found: dict[int, dict[str, Tag]] = {pk: {} for pk in groups}
    for pk, group in groups.items():
        tags = Tag.objects.filter(group=group, folded__in=wanted[pk]).select_related("group", "merged_into__group")
        found[pk] = {tag.folded: tag.merged_into or tag for tag in tags}
        new = [name for key, name in wanted[pk].items() if key not in found[pk]]
        if new and group.wins != Wins.OURS:
            found[pk] |= {tag.folded: tag for tag in create_tags(group=group, names=new, by=None, now=now)}
    return found


Mine = tuple[dict[int, Tag], datetime | None]


def _ours(people: Sequence[int], groups: Mapping[int, TagGroup]) -> dict[tuple[int, int], Mine]:
    """Person and group → the tags that they carry, and when we last said so."""
    found: dict[tuple[int, int], Mine] = {}
    carried = PersonTag.objects.filter(tag__group__in=groups).extra(**bulk.any_number("person_id", people))
    for row in carried.select_related("tag__group"):
        key = (row.person_id, row.tag.group_id or 0)
        tags, last = found.get(key, ({}, None))
        found[key] = ({**tags, row.tag_id: row.tag}, max(filter(None, (last, row.since))))
    refused = TagRefusal.objects.filter(tag__group__in=groups).extra(**bulk.any_number("person_id", people))
    for person, group, at in refused.values_list("person", "tag__group").annotate(at=Max("at")):
        tags, last = found.get((person, group), ({}, None))
        found[person, group] = (tags, max(filter(None, (last, at))))
    return found


def _theirs(
    one: TagsHeard, group: TagGroup, names: Mapping[str, Tag], mine: Mapping[int, Tag]
) -> tuple[dict[int, Tag], tuple[str, ...]]:
    """Of an exclusive group the first that they name. Nobody new gets an archived tag."""
    found: dict[int, Tag] = {}
    unknown: list[str] = []
    for name in one.names:
        tag = names.get(folded(_read(name)))
        if tag is None or (tag.archived_at is not None and tag.pk not in mine) or (group.exclusive and found):
            unknown.append(name)
        else:
            found[tag.pk] = tag
    return found, tuple(unknown)
