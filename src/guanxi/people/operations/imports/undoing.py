"""Everything an import did is taken back, step by step; each turn is one transaction that remembers where it is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from guanxi.events import operations as events
from guanxi.governance import operations as governance
from guanxi.people.models import Import, ImportState, LevelProof
from guanxi.people.operations.imports.working import Lease, alone_with_people
from guanxi.people.operations.journal import RestoreChanges
from guanxi.people.operations.levels import TakeBackProofs, settle_proofs
from guanxi.people.port import TakenBack, UndoStep
from guanxi.people.registry import import_kind

ROWS = 5_000


@dataclass(frozen=True)
class TakeBackConsents:
    """Consent that the import gave is withdrawn, by a line in the ledger; what was said since stays."""

    key: str = "consents"

    def take_back(self, *, import_id: int, after: int, limit: int, now: datetime) -> TakenBack:
        done = governance.take_back_import_consents(import_id=import_id, after=after, limit=limit, now=now)
        kept = {"changed_since": done.kept} if done.kept else {}
        return TakenBack(done.last, restored=done.restored, kept=kept)


def steps_of(of: Import) -> tuple[UndoStep, ...]:
    return (
        # Before what the kind takes back itself: that says how each proof stands in the end.
        RestoreChanges(LevelProof, then=settle_proofs),
        *import_kind(of.kind).undo_steps(),
        TakeBackProofs(),
        TakeBackConsents(),
    )


def undo(lease: Lease, now: datetime) -> None:
    finished = False
    while not finished:
        with lease.turn() as of:
            alone_with_people()
            finished = _turn(of, now)
            of.save(update_fields=["undo_report", "undone_at"])
    lease.settle(ImportState.UNDONE, now)


def _turn(of: Import, now: datetime) -> bool:
    """One step's turn; says whether it was the last."""
    report = of.undo_report
    if "done" not in report:
        # Begun by an older version, which counted the steps in another order: each finds what it did already.
        report |= {"done": [], "after": 0, "kept": {}}
    step = next((one for one in steps_of(of) if one.key not in report["done"]), None)
    if step is None:
        events.retract(import_id=of.pk, now=now)
        of.undone_at = now
        return True
    done = step.take_back(import_id=of.pk, after=report["after"], limit=ROWS, now=now)
    report["removed"] += done.removed
    report["restored"] += done.restored
    report["kept"] = dict(Counter(report["kept"]) + Counter(done.kept))
    report["after"] = done.after or 0
    if done.after is None:
        report["done"].append(step.key)
    return False
