"""The words by which people are found. Each carries where its person stands in the list, so that a common one is read
in the order of names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from guanxi.kit import bulk, names
from guanxi.people.models import NameWord

Word = tuple[str, str, int]


def words_of(people: Iterable[tuple[int, str]]) -> Iterator[Word]:
    """Of people as (id, name)."""
    for pk, name in people:
        key = names.sort_key(name)
        yield from ((word, key, pk) for word in sorted(names.words(name)))


def write_words(words: Iterable[Word]) -> None:
    bulk.insert(NameWord, ["word", "sort_key", "person_id"], words)


def hold_words(person: int, name: str) -> None:
    """Of one person: no copy for so few."""
    NameWord.objects.bulk_create(
        NameWord(word=word, sort_key=key, person_id=pk) for word, key, pk in words_of([(person, name)])
    )


def rewrite_words(people: Sequence[tuple[int, str]]) -> None:
    """For people who had another name."""
    NameWord.objects.filter(person_id__in=[pk for pk, _name in people]).delete()
    write_words(words_of(people))
