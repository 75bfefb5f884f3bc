"""What the rooms refuse, as problems: one place, so that an operation of the API is three sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from guanxi.api.problems import Problem, invalid
from guanxi.api.v1.shapes import bad_cursor
from guanxi.governance.operations import ComplaintStands, StaffRefused
from guanxi.kit.addresses import BadAddress
from guanxi.kit.cells import BadCell
from guanxi.people.operations import IdentityTaken, NoteRefused, PersonChanged
from guanxi.people.queries import BadCursor

NOTES = {
    "empty": invalid("text", "Write something."),
    "too_long": invalid("text", "A note holds 4,000 characters at most."),
    "erased": Problem("conflict", "This person was erased; nothing more is kept about them."),
    "not_yours": Problem("conflict", "Only who wrote a note can delete it."),
}


def _note(refusal: NoteRefused) -> Problem:
    return NOTES[refusal.reason]


def _taken(taken: IdentityTaken) -> Problem:
    return Problem("identity_taken", "Another person has this address or number already.", field=taken.place)


STAFF = {
    "bad_email": invalid("email", "This is not an e-mail address."),
    "already_staff": Problem("conflict", "Someone with this e-mail works here already.", field="email"),
    "unknown_role": invalid("role", "There is no such role."),
    "last_owner": Problem("conflict", "This is the last owner. Make someone else owner first."),
}


def _staff(refusal: StaffRefused) -> Problem:
    return STAFF.get(refusal.reason, Problem("conflict", f"This cannot be done: {refusal.reason}."))


REFUSALS: Mapping[type[Exception], Callable[[Any], Problem]] = {
    BadCursor: lambda _error: bad_cursor(),
    BadAddress: lambda _error: invalid("value", "This is not an address or a number of its kind."),
    BadCell: lambda _error: invalid("traits", "A value does not fit the kind of its field.", "wrong_kind"),
    IdentityTaken: _taken,
    PersonChanged: lambda _error: Problem("changed_meanwhile", "The person was changed meanwhile. Get them again."),
    NoteRefused: _note,
    ComplaintStands: lambda _error: Problem(
        "conflict", "They reported a message as spam. Staff cannot take that back, so the address stays on the list."
    ),
    StaffRefused: _staff,
}
