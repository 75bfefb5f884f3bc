"""Whose is it? For thousands of calls at once, each with a few ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from guanxi.people.operations.linking.calls import NOT_SEEN, Answer, Call
from guanxi.people.operations.linking.reading import GivenId, ReadCall, read_calls
from guanxi.people.operations.linking.state import Holder, Linking, read_holders, read_state
from guanxi.people.operations.linking.writing import Raced, write_linking
from guanxi.people.operations.turn import turn_at_once, wait_for_turn

TRIES = 3


def link_many(calls: Sequence[Call], *, source: str, now: datetime) -> list[Answer]:
    """For each call the person whose it is, made as a visitor when nobody has its ids; the order of calls counts.

    One transaction. Ids that prove that two people are one merge them; ids that say otherwise leave a pair for review.
    """
    given, read = read_calls(calls)
    for turn in range(TRIES):
        try:
            with transaction.atomic():
                return _link(calls, given, read, source, now)
        except Raced:
            if turn == TRIES - 1:
                raise
    raise AssertionError


def _link(
    calls: Sequence[Call], given: Mapping[bytes, GivenId], read: Sequence[ReadCall], source: str, now: datetime
) -> list[Answer]:
    known = read_holders(given)
    answers = [_plain(one, known) for one in read]
    unclear = [number for number, answer in enumerate(answers) if answer.person is None and not answer.reason]
    state = Linking(known)
    if unclear:
        # Batches of known ids wait for nobody. Who had their turn at once asks again only whose the known ids are: of
        # one that somebody else gave away just before, the database tells (Raced).
        at_once = turn_at_once()
        if not at_once:
            wait_for_turn()
        keys = {key: given[key] for number in unclear for key in read[number].keys}
        known |= read_holders({key: one for key, one in keys.items() if key in known} if at_once else keys)
        state = read_state(known, keys)
    for number in unclear:
        one = read[number]
        if len(one.keys) == 1 and (key := one.keys[0]) not in known and key not in state.links:
            answers[number].person = state.appear(calls[number], given[key])  # most visitors
        else:
            answers[number] = _decided(calls[number], one, given, state)
    write_linking(state, given, calls, answers, source=source, now=now)
    return answers


def _plain(one: ReadCall, known: Mapping[bytes, Holder]) -> Answer:
    """The answer when it is plain: a refusal, or ids that are all known as one person's."""
    answer = Answer(None, one.reason, one.left_out)
    if len(one.keys) == 1 and one.keys[0] not in known:
        return answer
    if one.reason:
        return answer
    person, seen = 0, NOT_SEEN
    for key in one.keys:
        holder = known.get(key)
        if holder is None or holder.shared or person not in (0, holder.person):
            return answer
        if holder.seen is None:
            answer.reason = "erased"
            return answer
        person, seen = holder.person, holder.seen
    answer.person, answer.seen = person, seen
    return answer


def _decided(call: Call, one: ReadCall, given: Mapping[bytes, GivenId], state: Linking) -> Answer:
    if any(state.known[key].erased for key in one.keys if key in state.known):
        return Answer(None, "erased", one.left_out)
    asked = [given[key] for key in dict.fromkeys(one.keys)]
    person, found = state.take(call, asked)
    doubtful = {each.key for each in found.beside}
    shared = [] if found.reason else [each for each in asked if state.is_shared(each.key) and each.key not in doubtful]
    left = (
        *((each.kind.key, "too_many_ids") for each in found.left),
        *((each.kind.key, "of_somebody_else") for each in asked if each.key in doubtful),
        *((each.kind.key, "shared_id") for each in shared),
    )
    return Answer(person, found.reason, one.left_out + left)
