"""The lane of hand-overs in a process that is killed: `handover_worker WORKSPACE CHUNK`."""

from __future__ import annotations

import sys

import django


def main(workspace: int, chunk: int) -> None:
    django.setup()
    from guanxi.connections import operations as connections
    from guanxi.connections.operations.handover import working
    from guanxi.governance.models import Workspace
    from guanxi.governance.queries import entered
    from guanxi.kit import clock

    working.CHUNK = chunk
    with entered(Workspace.objects.get(pk=workspace)):
        while connections.handover_lane(now=clock.now()):
            pass


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
