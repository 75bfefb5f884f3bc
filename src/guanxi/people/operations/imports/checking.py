"""The rehearsal: every row is read and compared, nothing comes in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from guanxi.people.models import ImportReject, ImportState
from guanxi.people.operations.imports import chunking, files
from guanxi.people.operations.imports.working import Lease, Progress, context_of
from guanxi.people.port import ImportContext, ImportKind, Plan, Ready, Rejected
from guanxi.people.registry import import_kind

EXAMPLES = 5


@dataclass
class Report:
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    examples: list[dict[str, Any]] = field(default_factory=list)

    def add(self, plan: Plan) -> None:
        self.created += plan.created
        self.updated += plan.updated
        self.unchanged += plan.unchanged
        for row in plan.rejected:
            self.reasons[row.reason] += 1
            if self.reasons[row.reason] <= EXAMPLES:
                self.examples.append({"row": row.row_no, "reason": row.reason, "detail": dict(row.detail)})

    def as_json(self, broken: int) -> dict[str, Any]:
        return {
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "rejected": sum(self.reasons.values()),
            "reasons": dict(self.reasons.most_common()),
            "examples": self.examples,
            "broken": broken,
        }


@dataclass
class Seen:
    """Which keys the rows so far had; the first row of a key counts."""

    keys: set[int] = field(default_factory=set)

    def split(self, rows: Sequence[Ready]) -> tuple[list[Ready], list[Rejected]]:
        first, later = list[Ready](), list[Rejected]()
        for row in rows:
            marks = {name: hash((name, value)) for name, value in row.keys}
            known = next((name for name, mark in marks.items() if mark in self.keys), None)
            if known is None:
                self.keys.update(marks.values())
                first.append(row)
            else:
                later.append(Rejected(row.row_no, "duplicate_in_file", {"field": known}))
        return first, later


def check(lease: Lease, now: datetime) -> None:
    with lease.turn() as of:
        ImportReject.objects.filter(of=of, phase=chunking.CHECK).delete()
    staged = files.staged(of, told=Progress(lease))
    report, seen, kind, context = Report(), Seen(), import_kind(of.kind), context_of(of, now)
    pages = chunking.Pages(staged)
    with lease.turn() as of:
        report.reasons.update(chunking.write_broken(of, chunking.CHECK, staged))
        broken = report.reasons.total()
        of.total_rows, of.done_rows = pages.rows + broken, broken
        of.save(update_fields=["total_rows", "done_rows"])
    for chunk in pages.read(of, 0):
        with lease.turn() as of:
            plan = _rehearse(kind, chunk, seen, context)
            chunking.write_rejects(of, chunking.CHECK, plan.rejected, chunk)
            of.done_rows = chunk.end + broken
            of.save(update_fields=["done_rows"])
        report.add(plan)
    with lease.turn() as of:
        of.check_report = report.as_json(broken)
        of.save(update_fields=["check_report"])
    lease.settle(ImportState.CHECKED, now)


def _rehearse(kind: ImportKind, chunk: chunking.Chunk, seen: Seen, context: ImportContext) -> Plan:
    answers = kind.prepare(chunk.rows, context)
    bad = [answer for answer in answers if isinstance(answer, Rejected)]
    ready, later = seen.split([answer for answer in answers if not isinstance(answer, Rejected)])
    plan = kind.plan(ready, context)
    plan.rejected = [*bad, *later, *plan.rejected]
    return plan
