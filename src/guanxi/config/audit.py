"""`guanxi audit verify`: reads the audit logs and says whether they are what was written."""

from __future__ import annotations

import re

from guanxi.config.installation import Misconfigured, say
from guanxi.governance import queries as governance
from guanxi.governance.models import Workspace
from guanxi.governance.queries import AuditVerdict

FAULTS = {
    "missing": "entry {position} is gone",
    "edited": "entry {position} is not what was written: it was changed, moved or put in",
    "out_of_order": "entry {position} stands where another one was written",
    "cut": "from entry {position} on, the end is gone",
    "unsealed": "the end of the log at entry {position} was not written by this installation",
    "not_as_kept": "entry {position} is not the one whose hash was kept",
}


def verify(*, slug: str | None, kept: str | None) -> int:
    """1 when a log was tampered with."""
    workspaces = Workspace.objects.order_by("slug")
    if slug:
        workspaces = workspaces.filter(slug=slug)
        if not workspaces:
            raise Misconfigured(f"There is no workspace {slug}.")
    elif kept:
        raise Misconfigured("A kept head belongs to one workspace: name it with --workspace.")
    verdicts = {workspace: _verdict(workspace, _head(kept) if kept else None) for workspace in workspaces}
    for workspace, verdict in verdicts.items():
        say(_line(workspace, verdict))
    return 1 if any(verdict.fault for verdict in verdicts.values()) else 0


def _head(kept: str) -> tuple[int, bytes]:
    if not re.fullmatch(r"[1-9][0-9]{0,17}:[0-9a-f]{64}", kept):
        raise Misconfigured("A kept head looks as `guanxi audit verify` prints it: 128:9f2c…, a count and 64 digits.")
    count, _, digest = kept.partition(":")
    return int(count), bytes.fromhex(digest)


def _verdict(workspace: Workspace, kept: tuple[int, bytes] | None) -> AuditVerdict:
    with governance.entered(workspace):
        return governance.audit_verdict(kept)


def _line(workspace: Workspace, verdict: AuditVerdict) -> str:
    if verdict.fault:
        return f"wrong  {workspace.slug}: {FAULTS[verdict.fault.what].format(position=verdict.fault.position)}"
    head = f", head {verdict.count}:{verdict.hash.hex()}" if verdict.count else ""
    return f"fine   {workspace.slug}: entries: {verdict.count}{head}"
