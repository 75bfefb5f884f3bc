"""`guanxi lake rebuild`: the lakes made anew from what came in."""

from __future__ import annotations

import time

from guanxi.config.installation import Misconfigured, say
from guanxi.governance import queries as governance
from guanxi.governance.models import Workspace

PATIENCE_SECONDS = 120


def rebuild(*, slug: str | None) -> int:
    workspaces = Workspace.objects.order_by("slug")
    if slug:
        workspaces = workspaces.filter(slug=slug)
        if not workspaces:
            raise Misconfigured(f"There is no workspace {slug}.")
    for workspace in workspaces:
        with governance.entered(workspace):
            say(f"{workspace.slug}: the lake holds {_rebuilt():,} events now.")
    return 0


def _rebuilt() -> int:
    from guanxi.events import operations as events

    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return events.rebuild()
        except events.Busy:
            if time.monotonic() > until:
                raise Misconfigured("The worker writes the lake without a pause. Stop it, and try again.") from None
            time.sleep(0.2)
