"""What advisors write of their friends: of remark and description each, the last word holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from guanxi.connections.models import Friendship, FriendWord, FriendWordKind
from guanxi.connections.operations.book import Key
from guanxi.kit import bulk
from guanxi.people.models import Person

Word = tuple[str, datetime, str]
"""Kind, when it was written, and what."""
LIMITS = {FriendWordKind.REMARK.value: 80, FriendWordKind.DESCRIPTION.value: 300}


def note_words(told: Mapping[Key, Iterable[Word]], *, source: str, import_id: int | None = None) -> None:
    """Of each person, advisor and account. They are shown by `show_words`."""
    columns = ["person_id", "staff_id", "account_id", "kind", "at", "text", "told_by", "import_id"]
    rows = [
        (*key, kind, at, text[: LIMITS[kind]], source, import_id)
        for key, words in told.items()
        for kind, at, text in words
    ]
    if rows:
        bulk.insert(FriendWord, columns, rows, or_ignore=True)


def show_words(keys: Collection[Key]) -> int:
    """These friendships, as far as they are there, say the last words; says of how many they changed."""
    if not keys:
        return 0
    rows = _held(keys)
    # One may be telling how a friendship began while another describes it: the later of the two sees both.
    people = Person.objects.filter(pk__in={person for person, *_ in keys}).order_by("pk")
    list(people.select_for_update(no_key=True).values_list("pk"))
    rows += _held(set(keys) - {_key(row) for row in rows})
    last = last_words({_key(row) for row in rows})
    changes = []
    for row in rows:
        words = {kind: text for kind, _at, text in last[_key(row)]}
        new = (words.get(FriendWordKind.REMARK, ""), words.get(FriendWordKind.DESCRIPTION, ""))
        if (row.remark, row.description) != new:
            changes.append((row.pk, *new))
    if changes:
        bulk.update(Friendship, ("remark", "description"), changes)
    return len(changes)


def last_words(keys: Collection[Key]) -> Mapping[Key, Collection[Word]]:
    """Also those that were told of who has become the person by now."""
    people = {person for person, *_ in keys}
    became = dict(Person.objects.filter(merged_into__in=people).values_list("pk", "merged_into"))
    last: dict[Key, dict[str, Word]] = defaultdict(dict)
    for one in FriendWord.objects.filter(person__in={*people, *became}):
        word: Word = (one.kind, one.at, one.text)
        for whose in {one.person_id, became.get(one.person_id) or one.person_id}:
            known = last[whose, one.staff_id, one.account_id]
            known[one.kind] = max(known.get(one.kind, word), word)
    return {key: last[key].values() for key in keys}


def _held(keys: Collection[Key]) -> list[Friendship]:
    """Locked until the end of the transaction."""
    if not keys:
        return []
    theirs = Friendship.objects.filter(person__in={person for person, *_ in keys})
    wanted = [pk for pk, *key in theirs.values_list("pk", "person", "staff", "account") if tuple(key) in keys]
    return list(Friendship.objects.filter(pk__in=wanted).order_by("pk").select_for_update(no_key=True))


def _key(row: Friendship) -> Key:
    return row.person_id, row.staff_id, row.account_id
