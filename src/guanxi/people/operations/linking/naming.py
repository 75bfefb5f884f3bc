"""A name for whoever had none: visitors say who they are later than they come."""

from __future__ import annotations

from collections.abc import Sequence

from guanxi.kit import bulk, cells, names
from guanxi.people.models import Person
from guanxi.people.operations.linking.calls import Answer, Call
from guanxi.people.operations.words import words_of, write_words

NAME_LIMIT = 120


def fill_names(calls: Sequence[Call], answers: Sequence[Answer]) -> set[int]:
    """The newest name that was said counts; one that is known already stays. Gives the people who changed."""
    said: dict[int, Call] = {}
    for call, answer in zip(calls, answers, strict=True):
        if not call.name or answer.person is None or not cells.line(call.name, NAME_LIMIT):
            continue
        old = said.get(answer.person)
        if old is None or call.at >= old.at:
            said[answer.person] = call
    if not said:
        return set()
    nameless = Person.objects.extra(**bulk.any_number("id", said)).filter(name="").select_for_update().order_by("pk")
    found = {pk: cells.line(said[pk].name, NAME_LIMIT) for pk in nameless.values_list("pk", flat=True)}
    if found:
        bulk.update(Person, ["name", "sort_key"], ((pk, name, names.sort_key(name)) for pk, name in found.items()))
        write_words(words_of(found.items()))
    return set(found)
