"""What the rooms refuse, as problems: one place, so that an operation of the API is three sentences."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from guanxi.acquisition.operations import SourceRefused
from guanxi.api.problems import Problem, Wrong, invalid, not_found
from guanxi.api.v1.shapes import bad_cursor
from guanxi.audiences.operations import (
    AudienceBusy,
    AudienceGone,
    AudienceInUse,
    AudienceIsFixed,
    TagRuleRefused,
    exports,
)
from guanxi.audiences.queries import NotMirrored, RuleError
from guanxi.channels.operations import AlreadyInstalled, BadAccount, CannotBeTried, NotDoubtful
from guanxi.channels.registry import UnknownChannel
from guanxi.connections.operations import FriendsKept, PlatformRefused, StrengthRefused, TouchRefused
from guanxi.content import queries as contents
from guanxi.content.operations import BadContent, ContentInUse
from guanxi.content.queries import BadTemplate
from guanxi.governance.operations import ComplaintStands, StaffRefused, TooManyTries, UnitRefused
from guanxi.governance.queries import IDLE_HOURS, SESSION_DAYS
from guanxi.integrations.operations import EndpointRefused
from guanxi.kit.addresses import BadAddress
from guanxi.kit.cells import BadCell
from guanxi.kit.tables import TableError
from guanxi.people import queries as people
from guanxi.people.operations import (
    BulkRefused,
    ChoiceRefused,
    ErasureRefused,
    ExportRefused,
    FieldRefused,
    FileRefused,
    HandoverRefused,
    IdentityTaken,
    ImportRefused,
    KindRefused,
    MembershipRefused,
    MergeRefused,
    NoteRefused,
    OnlyOne,
    PersonChanged,
    RevealRefused,
    RoleRefused,
    SearchRefused,
    TagRefused,
    ViewRefused,
)
from guanxi.people.queries import BadCursor, BadId
from guanxi.people.registry import import_kinds
from guanxi.reach import queries as reach
from guanxi.reach.operations import Blocked, NotDraft, WrongState

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


def _only_one(refusal: OnlyOne) -> Problem:
    there = f"There is {refusal.shown} already: take it away first." if refusal.shown else "Send one of them."
    return invalid(refusal.place, f"A person has only one id of the kind {refusal.kind}. {there}", "only_one")


ID_FIELDS = {"unknown_kind": "kind", "place_missing": "within", "place_unknown": "within"}
BAD_IDS = {
    "unknown_kind": "There is no such kind of id here. GET /id-kinds names those that there are.",
    "place_missing": "Ids of this kind need the corp, app or shop that gave them.",
    "place_unknown": "Ids of this kind are the same everywhere: leave `within` out.",
    "too_long": "An id has at most 120 characters, a place 64.",
    "control_character": "It holds a line break or a character that cannot be seen.",
    "too_many_ids": "A person has at most 500 ids.",
    "empty": "Say which id.",
}


def _bad_id(bad: BadId) -> Problem:
    said = BAD_IDS.get(bad.reason, "This is not an id of its kind.")
    return invalid(ID_FIELDS.get(bad.reason, "value"), said, bad.reason)


def _listed(choices: Iterable[int]) -> str:
    return ", ".join(map(str, choices))


STAFF = {
    "bad_email": invalid("email", "This is not an e-mail address."),
    "already_staff": Problem("conflict", "Someone with this e-mail works here already.", field="email"),
    "above_own_role": invalid("role", "This role may do more than that of who made the key. Choose another."),
    "unknown_role": invalid("role", "There is no such role."),
    "invited": Problem("conflict", "They are invited and come in by their link. Invite them again if it is lost."),
    "not_invited": Problem("conflict", "This invitation was taken up or taken back already."),
    "unknown_timezone": invalid("timezone", "There is no such time zone. It is a name of IANA, such as Asia/Shanghai."),
    "unknown_currency": invalid("currency", "There is no such currency. It is a code of ISO 4217, such as CNY."),
    "currency_stays": Problem("conflict", "Money is held already, and amounts are not converted.", field="currency"),
    "bad_limit": invalid("idle_hours", f"Hours: one of {_listed(IDLE_HOURS)}. Days: one of {_listed(SESSION_DAYS)}."),
    "last_owner": Problem("conflict", "This is the last owner. Make someone else owner first."),
}


UNITS = {
    "same_name": Problem("conflict", "There is a unit of this name at this place already.", field="name"),
    "in_use": Problem("conflict", "People, staff or other units belong to it. Give them another unit first."),
}


def _unit(refusal: UnitRefused) -> Problem:
    return UNITS[refusal.reason]


def _staff(refusal: StaffRefused) -> Problem:
    return STAFF.get(refusal.reason, Problem("conflict", f"This cannot be done: {refusal.reason}."))


def _rule(error: RuleError) -> Problem:
    return invalid(f"rule.{error.path}" if error.path else "rule", error.message, error.code)


def _content(error: BadContent) -> Problem:
    wrong = [
        Wrong(f"variants.{language}.{part}", problem.code, contents.explain(problem))
        for (language, part), problem in error.problems.items()
    ]
    return Problem("invalid", wrong[0].detail, field=wrong[0].field, errors=wrong)


def _account(error: BadAccount) -> Problem:
    wrong = [
        Wrong(f"settings.{name}" if name else "settings", "wrong_value", said) for name, said in error.problems.items()
    ]
    return Problem("invalid", f"{wrong[0].field}: {wrong[0].detail}", field=wrong[0].field, errors=wrong)


def _choice(error: ChoiceRefused) -> Problem:
    """Said in the words of the file: which kind it is stands in the message itself."""
    wrong = [Wrong("columns", one.code, _objection(one.code, one.detail)) for one in error.objections]
    return Problem("invalid", wrong[0].detail, field="columns", errors=wrong)


def _objection(code: str, detail: Mapping[str, str | int]) -> str:
    return next((text for kind in import_kinds() if (text := people.reason_text(kind.key, code, detail)) != code), code)


def _table(error: TableError) -> Problem:
    return (
        Problem("too_large", error.message) if error.code == "too_large" else invalid("file", error.message, error.code)
    )


def _blocked(error: Blocked) -> Problem:
    wrong = [Wrong("", one.code, reach.explain(one)) for one in error.problems]
    return Problem("conflict", f"It cannot be sent as it is: {wrong[0].detail}", errors=wrong)


MEMBERS = {
    "future": invalid("since", "This day has not come yet."),
    "already": Problem("conflict", "They are a member already."),
    "none": Problem("conflict", "They are no member."),
    "before": Problem("conflict", "They joined after this time."),
    "gone": Problem("conflict", "This person was merged or erased."),
}


def _membership(refusal: MembershipRefused) -> Problem:
    return MEMBERS[refusal.reason]


TOUCHES = {
    "kind": invalid("kind", "There is no such touch that can be recorded."),
    "future": invalid("at", "This time has not come yet."),
    "gone": Problem("conflict", "This person was merged or erased."),
}


PERSONAL = {
    "erased": Problem("conflict", "This person was erased; nothing more is kept about them."),
    "not_failed": Problem("conflict", "It did not fail, or is at work again."),
    "running": Problem("conflict", "An export of this person is on its way already."),
    "empty": invalid("file", "The file is empty.", "empty"),
    "too_large": Problem("too_large", "A file has at most 10 MB."),
    "unknown_type": invalid("file", "This kind of file cannot be kept here.", "unknown_type"),
    "no_room": Problem("conflict", "The room for files of this workspace is used up."),
}


def _reveal(refusal: RevealRefused) -> Problem:
    if refusal.reason != "too_many":
        return _personal(refusal)
    after = {"Retry-After": str(max(1, math.ceil(refusal.wait.total_seconds())))}
    return Problem("too_many_requests", "50 people were looked at in the last hour.", headers=after)


def _personal(refusal: RevealRefused | ExportRefused | ErasureRefused | FileRefused) -> Problem:
    return PERSONAL.get(refusal.reason, invalid("reason", "Say why.", "missing"))


IN_USE = Problem(
    "conflict", "A broadcast or another audience uses it. Delete the draft, or choose something else there, first."
)
FRIENDS = {
    "oneself": invalid("taker", "Choose somebody else.", "same"),
    "inactive": invalid("taker", "They have no access, so nobody would look after these people.", "inactive"),
    "holds_no_people": invalid("taker", "Choose someone who looks after people.", "unknown_id"),
    "nobody": invalid("takers", "Say who gets them.", "missing"),
    "too_many": invalid("takers", "50 at the most.", "too_many"),
    "at_work": Problem(
        "conflict", "Their friends are changing hands already. Wait for the end of it, or stop it first."
    ),
    "not_running": Problem("conflict", "It does not run any more."),
    "not_stopped": Problem("conflict", "It is not stopped."),
    "too_late": Problem("conflict", "It can be taken back for seven days, and once."),
    "giver_left": Problem("conflict", "Who would get the friends back has no access. Give them access again first."),
}
HANDOVERS = {
    "still_active": Problem("conflict", "They have access and keep their people. Take access first."),
    "holds_no_people": invalid("to", "Choose someone with access who looks after people.", "unknown_id"),
    "at_work": Problem("conflict", "Their people are being handed over already."),
}
BULKS = {
    "nobody": invalid("people", "Name at least one person.", "missing"),
    "too_many_picked": invalid("people", "At most 500 people by id; take fitting for more."),
    "not_allowed": Problem("missing_scope", "The role of the maker of the key may not do this."),
    "no_such_value": invalid("act", "There is nothing with this id, or it cannot be chosen here.", "unknown_id"),
    "two_of_a_group": invalid(
        "add", "Of an exclusive group a person carries one tag, and none is put on and taken off."
    ),
    "bad_value": invalid("value", "This does not fit the field. Dates as 2026-11-21, numbers in digits.", "wrong_kind"),
    "not_running": Problem("conflict", "It does not run any more."),
    "not_stopped": Problem("conflict", "It is not stopped."),
    "too_late": Problem("conflict", "It cannot be taken back any more, or there is nothing to take back."),
}
PLATFORMS = {
    "platform": invalid("platform", "There is no such platform."),
    "followers": invalid("followers", "From 0 to ten thousand million."),
    "handle": invalid("handle", "At most 80 characters."),
    "future": invalid("as_of", "This day has not come yet."),
    "gone": Problem("conflict", "They were merged or erased meanwhile."),
}
EXPORTS = {
    "not_allowed": Problem("missing_scope", "The role of the maker of the key may not do this."),
    "no_reveal": Problem("missing_scope", "The role of the maker of the key sees addresses masked."),
    "no_reason": invalid("reason", "Say why.", "missing"),
    "no_columns": invalid("columns", "Name at least one column.", "missing"),
    "column_twice": invalid("columns", "Name each column once."),
    "unknown_column": invalid("columns", "One of these columns is not there."),
    "unknown_format": invalid("format", "There is no such format."),
    "unknown_language": invalid("language", "There is no such language here."),
    "unknown_preset": invalid("preset", "Say for which platform.", "missing"),
    "unknown_device": invalid("device", "Name a kind of id of devices whose values are kept."),
    "no_ids": invalid("ids", "Name at least one kind of id that this platform takes.", "missing"),
    "too_many": Problem("conflict", "Twenty files are being made. Wait until one is ready."),
    "not_running": Problem("conflict", "It does not run any more."),
    "not_stopped": Problem("conflict", "It is not stopped."),
    "not_there": Problem("conflict", "The file is not there any more."),
}
STRENGTHS = {
    "order": "weak_below must be less than strong_above, both between 0.01 and 0.99.",
    "nothing": "At least one kind of touch must count.",
}
MERGES = {
    "same": invalid("merged", "This is the same person.", "same"),
    "gone": Problem("conflict", "One of them was merged or erased meanwhile."),
    "undone": Problem("conflict", "This merge was undone already."),
}
VIEWS = {
    "no_name": invalid("name", "Give the view a name.", "missing"),
    "too_many": Problem("conflict", "Fifty views are the most. Delete one first."),
    "not_yours": Problem("conflict", "Only whose role may share views changes what all see."),
}


TAGS = {
    "archived": Problem("conflict", "This tag is archived: nobody new gets it."),
    "both": invalid("remove", "A tag cannot be put on and taken off at once."),
    "exclusive": invalid("add", "Of an exclusive group a person carries one tag. Send one of them."),
    "not_yours": Problem("conflict", "This is the tag of somebody else."),
    "past": invalid("expires_at", "This time is over."),
    "empty": invalid("name", "Write a name.", "missing"),
    "too_long": invalid("name", "A name holds 30 characters at most."),
    "unseen": invalid("name", "A name holds no characters that cannot be seen."),
    "separator": invalid("name", "A name holds no ; no , and no 、 because they stand between names in a file."),
    "taken": Problem("conflict", "This name is there already.", field="name"),
    "too_many": Problem("conflict", "There are as many as fit: 3,000 tags, 200 groups, 100,000 people in a merge."),
    "in_use": Problem("conflict", "It is still used. Archive it, or empty the group first."),
    "two_of_them": Problem("conflict", "Somebody carries two tags of this group. Take one off each of them first."),
    "other_group": invalid("into", "Only tags of the same group become one."),
    "same": invalid("into", "This is the same tag.", "same"),
    "merged": Problem("conflict", "This tag became another. Make a new one."),
}


def _asked(error: TagRefused) -> Problem:
    named = ", ".join(f"“{name}”" for name in error.audiences)
    return Problem("conflict", f"Audiences ask for it: {named}. Change their rules first, or archive it.")


TAG_RULES = {
    "no_reason": invalid("because", "Say why.", "missing"),
    "bad_days": invalid("days", "Between 1 and 3,650 days, or none."),
    "archived": Problem("conflict", "This tag is archived.", field="tag"),
    "own_tag": invalid("tag", "Rules give tags of groups."),
    "taken": Problem("conflict", "There is a rule for this audience and this tag already."),
    "too_many": Problem("conflict", "There are 200 rules already. Delete one that is not needed."),
}


ENDPOINTS = {
    "bad_url": invalid("url", "This is not a web address. It begins with https:// and has no spaces."),
    "login_in_url": invalid("url", "Leave out the name and password: calls are signed instead."),
    "not_https": invalid("url", "Only https:// addresses are called."),
    "inside": invalid("url", "This address is inside a private network."),
    "no_events": invalid("events", "Choose at least one event."),
    "unknown_event": invalid("events", "There is no such event."),
    "too_many": Problem("conflict", "There are 50 endpoints already. Remove one that is not needed."),
}


SOURCES = {
    "bad_origin": invalid("origins", "An origin is an address such as https://shop.example."),
    "no_origin": invalid("origins", "A website needs at least one address, such as https://shop.example."),
    "too_many_origins": invalid("origins", "At most 50 addresses fit here."),
    "too_many": Problem("conflict", "There are 200 sources already. Stop one that is not needed."),
    "stopped": Problem("conflict", "This source was stopped. Make a new one."),
}


ID_KINDS = {
    "no_name": invalid("name", "A name of one line with at most 80 characters."),
    "bad_key": invalid("key", "Small letters a to z, digits and _ only, a letter first, at most 20 characters."),
    "built_in": Problem("conflict", "A kind that is built in has this key.", field="key"),
    "same_key": Problem("conflict", "Another kind has this key.", field="key"),
    "same_name": Problem("conflict", "Another kind is called so.", field="name"),
    "too_many": Problem("conflict", "There are 50 own kinds already. Remove one that nobody has."),
    "in_use": Problem("conflict", "There are ids of this kind: it stays, how they are kept and who gives them, too."),
    "seen_with_others": Problem(
        "conflict", "Its ids came with people who do not have them, so they prove nobody.", field="trust"
    ),
    "several_each": Problem("conflict", "Some people have two of it already.", field="single"),
}


FIELDS = {
    "label": invalid("label", "A name of 1 to 80 characters, without control characters."),
    "choices": invalid("choices", "A choice has 1 to 50 values, each of 1 to 80 characters."),
    "no_choices": invalid("choices", "Only a field of the kind choice has choices."),
    "taken": Problem("conflict", "There is a field of this name already.", field="label"),
    "too_many": Problem("conflict", "There are 200 fields already."),
    "changed": Problem("changed_meanwhile", "Somebody changed the field meanwhile. Get it again."),
    "in_use": Problem("conflict", "Something needs this field. GET /fields/{id}/losses says what."),
    "gone": not_found(),
}
ROLES = {
    "unknown_field": ("field", "There is no such field."),
    "twice": ("field", "This field stands here twice."),
    "bad_value": ("begins_with", "This does not fit the kind of the field."),
    "nobody_is_given": ("begins_with", "Everybody is a consumer from the start, so that role begins with nothing."),
}


def _role(refusal: RoleRefused) -> Problem:
    if refusal.reason == "changed":
        return Problem("changed_meanwhile", "Somebody saved meanwhile. Get the role again and look at what changed.")
    part, words = ROLES[refusal.reason]
    return invalid(f"fields.{refusal.place}.{part}", words, refusal.reason)


def _strength(refusal: StrengthRefused) -> Problem:
    if refusal.reason == "changed":
        return Problem("changed_meanwhile", "Somebody saved meanwhile. Get it again and look at what changed.")
    errors = [
        Wrong(field, "wrong_value", STRENGTHS.get(flaw, "Out of its bounds.")) for field, flaw in refusal.flaws.items()
    ]
    return Problem("invalid", errors[0].detail, field=errors[0].field, errors=errors)


def _turns(tries: TooManyTries) -> Problem:
    after = {"Retry-After": str(max(1, math.ceil(tries.wait.total_seconds())))}
    return Problem("too_many_requests", "That was often enough for this hour.", headers=after)


REFUSALS: Mapping[type[Exception], Callable[[Any], Problem]] = {
    BadCursor: lambda _error: bad_cursor(),
    BadAddress: lambda _error: invalid("value", "This is not an address or a number of its kind."),
    BadId: _bad_id,
    BadCell: lambda _error: invalid("traits", "A value does not fit the kind of its field.", "wrong_kind"),
    IdentityTaken: _taken,
    OnlyOne: _only_one,
    PersonChanged: lambda _error: Problem("changed_meanwhile", "The person was changed meanwhile. Get them again."),
    NoteRefused: _note,
    ComplaintStands: lambda _error: Problem(
        "conflict", "They reported a message as spam. Staff cannot take that back, so the address stays on the list."
    ),
    StaffRefused: _staff,
    UnitRefused: _unit,
    FriendsKept: lambda error: FRIENDS[error.reason],
    AlreadyInstalled: lambda _error: invalid("kind", "This channel is installed: connect the account.", "installed"),
    UnknownChannel: lambda _error: Problem("conflict", "No channel is installed for this account: it keeps ties only."),
    HandoverRefused: lambda error: HANDOVERS[error.reason],
    TooManyTries: _turns,
    CannotBeTried: lambda _error: Problem("conflict", "The channel of this account has nothing of the kind."),
    AudienceIsFixed: lambda _error: Problem(
        "conflict", "This audience is fixed: it keeps its people. Let it follow its rule first."
    ),
    AudienceBusy: lambda _error: Problem("conflict", "Others are bringing it up to date. Ask again in a moment."),
    AudienceGone: lambda _error: not_found(),
    AudienceInUse: lambda _error: IN_USE,
    ContentInUse: lambda _error: IN_USE,
    NotDoubtful: lambda _error: Problem("conflict", "One of these was decided meanwhile. Nothing was changed."),
    BulkRefused: lambda error: BULKS[error.reason],
    exports.ExportRefused: lambda error: EXPORTS[error.reason],
    MembershipRefused: _membership,
    PlatformRefused: lambda error: PLATFORMS[error.reason],
    StrengthRefused: _strength,
    FieldRefused: lambda error: FIELDS[error.reason],
    RoleRefused: _role,
    TouchRefused: lambda error: TOUCHES[error.reason],
    MergeRefused: lambda error: MERGES[error.reason],
    SearchRefused: lambda _error: Problem("conflict", "A search is under way already."),
    TagRuleRefused: lambda error: TAG_RULES[error.reason],
    TagRefused: lambda error: _asked(error) if error.reason == "asked" else TAGS[error.reason],
    ViewRefused: lambda error: VIEWS[error.reason],
    RevealRefused: _reveal,
    ExportRefused: _personal,
    ErasureRefused: _personal,
    FileRefused: _personal,
    EndpointRefused: lambda error: ENDPOINTS[error.reason],
    KindRefused: lambda error: ID_KINDS[error.reason],
    SourceRefused: lambda error: SOURCES[error.reason],
    RuleError: _rule,
    NotMirrored: lambda _error: Problem("conflict", "The person is too new for this. Ask again in a few seconds."),
    BadContent: _content,
    BadTemplate: lambda error: invalid("variants", contents.explain(error), error.code),
    BadAccount: _account,
    ChoiceRefused: _choice,
    ImportRefused: lambda error: Problem("conflict", str(people.REFUSALS[error.reason])),
    TableError: _table,
    Blocked: _blocked,
    NotDraft: lambda _error: Problem("conflict", "It was confirmed already and cannot be changed any more."),
    WrongState: lambda error: Problem("conflict", f"This does not go any more: it is {error.state} now."),
}
