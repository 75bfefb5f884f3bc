"""People by file: the kind of import that everything else refers to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from guanxi.people.operations.people_kind.fields import FIELDS, MESSAGES, OPTIONS
from guanxi.people.operations.people_kind.planning import PeoplePlan, plan_people
from guanxi.people.operations.people_kind.reading import IDENTITIES, ReadyPerson, read_rows
from guanxi.people.operations.people_kind.undoing import UNDO
from guanxi.people.operations.people_kind.writing import write_people
from guanxi.people.port import ImportContext, ImportField, ImportOption, Objection, Ready, Rejected, Row, Text, UndoStep
from guanxi.people.rules.kinds import COLUMN


class PeopleKind:
    key = "people"
    position = 1
    label: Text = _("People")
    description: Text = _("Everyone you know: names, addresses, consent, and what you keep of them.")
    needs: Text = ""
    fields: tuple[ImportField, ...] = FIELDS
    options: tuple[ImportOption, ...] = OPTIONS
    takes_traits = True
    keep_together: str | None = None
    messages: Mapping[str, Text] = MESSAGES

    def objections(self, columns: Mapping[str, str], options: Mapping[str, str]) -> list[Objection]:
        fields = set(columns.values())
        found = []
        if not fields & set(IDENTITIES) and not any(one.startswith(COLUMN) for one in fields):
            found.append(Objection("no_identity_column"))
        if options.get("consent") == "column" and not {"consent", "email"} <= fields:
            found.append(Objection("no_consent_column"))
        if options.get("consent") == "statement" and len(options.get("consent_text", "").strip()) < 10:
            found.append(Objection("no_statement"))
        return found

    def prepare(self, rows: Sequence[Row], context: ImportContext) -> list[Ready | Rejected]:
        return read_rows(rows, context)

    def plan(self, ready: Sequence[ReadyPerson], context: ImportContext) -> PeoplePlan:
        return plan_people(ready, context)

    def write(self, plan: Any, context: ImportContext) -> None:
        write_people(plan, context)

    def undo_steps(self) -> tuple[UndoStep, ...]:
        return UNDO
