"""What a kind of import must answer. People implements it here, the rooms above for what is theirs.

The engine (`people.operations`) reads the file in chunks. For each chunk it calls `prepare` and `plan`; a check counts
the plans, a run also writes them, and each chunk is one transaction with its counts. A kind never commits, never reads
the file and never counts rows twice: later rows of a file that share one of their `keys` are set apart by the engine.
`kit.cells` reads dates, numbers and yes/no.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from guanxi.people.rules.kinds import Kind

Text = str | Promise


@dataclass(frozen=True)
class ImportField:
    """A column that a kind understands. `synonyms` are names that files give it, in any language."""

    key: str
    label: Text
    required: bool = False
    synonyms: tuple[str, ...] = ()
    example: Text = ""
    help: Text = ""


@dataclass(frozen=True)
class Choice:
    value: str
    label: Text
    help: Text = ""


@dataclass(frozen=True)
class ImportOption:
    """A question of the third step; without choices the answer is a text. `of` is the field that it is about: without
    such a column nobody needs to answer it."""

    key: str
    label: Text
    choices: tuple[Choice, ...] = ()
    default: str = ""
    help: Text = ""
    of: str = ""


ON_MATCH = ImportOption(
    "on_match",
    _("When a row is already here"),
    (
        Choice("update", _("Update it"), _("Empty cells change nothing.")),
        Choice("skip", _("Leave it as it is")),
    ),
    "update",
)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the file: trimmed text by field key; columns that are not mapped are absent, empty cells are ''."""

    row_no: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that cannot come in. `detail` fills the message of its reason; its `field` is a key, shown as a label."""

    row_no: int
    reason: str
    detail: Mapping[str, str | int] = field(default_factory=dict)


class Ready(Protocol):
    """A row that was understood. A later row of the file with one of its `keys` is set apart as a duplicate."""

    @property
    def row_no(self) -> int: ...

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        """(field, value) pairs; () when rows of a file may repeat."""


@dataclass
class Plan:
    """What a chunk will do, counted in rows of the file. Kinds subclass it with what they are going to write."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: list[Rejected] = field(default_factory=list)


@dataclass(frozen=True)
class NewField:
    """A trait that the import will add to the workspace."""

    key: str
    label: str
    kind: str


@dataclass(frozen=True)
class IdColumn:
    """Ids of a kind that a column holds, and the corp, app or shop that gave them."""

    kind: Kind
    within: str


@dataclass(frozen=True)
class ImportContext:
    """What a kind may know: the workspace's habits, the answers of the operator, and the file as proof."""

    workspace_id: int
    country: str
    timezone: ZoneInfo
    currency: str
    import_id: int
    filename: str
    sha256: str
    staff_id: int | None
    options: Mapping[str, str]
    columns: Mapping[str, str]
    """Header of the file → field key."""
    traits: Mapping[str, str]
    """Keys of the mapped traits → their kinds (text, number, date, yes_no, choice)."""
    new_fields: tuple[NewField, ...]
    now: datetime
    ids: Mapping[str, IdColumn] = field(default_factory=dict)
    """By the field that the column is read as: `id:` and the key of the kind."""
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """What a trait that is a choice may say, by its key."""
    memo: dict[str, Any] = field(default_factory=dict)
    """Room for what a kind looks up once a run (staff by name, fields by key)."""

    @property
    def source(self) -> str:
        return "import"


@dataclass(frozen=True)
class Objection:
    """Why these columns or options cannot be used; `code` is a key of the messages."""

    code: str
    detail: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class TakenBack:
    """One turn of an undo step. `after` is where the next turn goes on, None when the step is finished."""

    after: int | None
    removed: int = 0
    restored: int = 0
    kept: Mapping[str, int] = field(default_factory=dict)
    """Reason → rows that stay as they are."""


@runtime_checkable
class UndoStep(Protocol):
    """Takes back a part of an import: each call at most `limit` rows beyond the mark `after` (0 at first)."""

    @property
    def key(self) -> str: ...

    def take_back(self, *, import_id: int, after: int, limit: int, now: datetime) -> TakenBack: ...


class ImportKind(Protocol):
    """A kind of file that comes in."""

    @property
    def key(self) -> str: ...

    @property
    def position(self) -> int:
        """Its place in the list of kinds."""

    @property
    def label(self) -> Text: ...

    @property
    def description(self) -> Text: ...

    @property
    def needs(self) -> Text:
        """What must be there first ("Import people first."), or ''."""

    @property
    def fields(self) -> tuple[ImportField, ...]: ...

    @property
    def options(self) -> tuple[ImportOption, ...]: ...

    @property
    def takes_traits(self) -> bool:
        """May other columns become traits of people?"""

    @property
    def keep_together(self) -> str | None:
        """A field whose equal values must come in one chunk (order number)."""

    @property
    def messages(self) -> Mapping[str, Text]:
        """Reason or objection → message with %(name)s places, beyond MESSAGES."""

    def objections(self, columns: Mapping[str, str], options: Mapping[str, str]) -> list[Objection]:
        """What is wrong with this choice as a whole; required and duplicate columns are checked by the engine."""

    def prepare(self, rows: Sequence[Row], context: ImportContext) -> list[Ready | Rejected]:
        """Read the cells of a chunk: one answer a row, in the order of the rows. No query, no write."""

    def plan(self, ready: Sequence[Any], context: ImportContext) -> Plan:
        """Compare with what is there, with a constant number of queries. Writes nothing."""

    def write(self, plan: Any, context: ImportContext) -> None:
        """Write the plan, set by set, inside the engine's transaction. Rows made carry `import_id`; rows changed are
        noted with `people.operations.note_changes`."""

    def undo_steps(self) -> tuple[UndoStep, ...]:
        """What undo takes back, in order. Level proofs, consent and facts of the import are the engine's own steps."""


# A later row of a file that is one of these in the check stays out of the run, however the run is cut or resumed.
FILE_REASONS = ("duplicate_in_file", "same_row_in_file")

MESSAGES: Mapping[str, Text] = {
    "duplicate_in_file": _("An earlier row of this file has the same %(field)s."),
    "same_row_in_file": _("An earlier row of this file already changes the same entry."),
    "required": _("%(field)s is empty."),
    "too_long": _("%(field)s is longer than %(limit)s characters."),
    "control_character": _("%(field)s contains a line break or another control character."),
    "not_a_date": _("%(field)s is not a date that can be read: %(value)s. Write it as 2026-11-21."),
    "in_the_future": _("%(field)s lies in the future: %(value)s. Only what has happened can come in."),
    "not_a_number": _("%(field)s is not a number: %(value)s."),
    "not_an_amount": _("%(field)s is not an amount of %(currency)s: %(value)s."),
    "not_a_choice": _("%(field)s has no such choice: %(value)s."),
    "not_yes_or_no": _("%(field)s is neither yes nor no: %(value)s."),
    "unknown_person": _("Nobody here has the %(field)s %(value)s. Import the people first."),
    "has_dependents": pgettext_lazy("undo", "kept, because something added later depends on them"),
    "changed_since": pgettext_lazy("undo", "kept, because they were changed after the import"),
    "unexpected": _("Something went wrong on our side. What came in stays; go on, or undo it."),
    "column_twice": _("Two columns are both read as %(field)s. Choose one of them."),
    "column_missing": _("No column is read as %(field)s. Choose one."),
    "place_missing": _("“%(column)s” holds ids that a corp, an app or a shop gives. Say below which one."),
    "bad_place": _("Who gave the ids of “%(column)s” is at most 64 characters in one line."),
    "column_unknown": _("The file has no column “%(column)s”."),
    "field_unknown": _("“%(field)s” is not something that this import can read."),
    "option_unknown": _("“%(value)s” is not one of the answers to “%(option)s”."),
}
