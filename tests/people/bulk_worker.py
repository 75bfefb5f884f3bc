"""The lane of changes of many people in a process that is killed: `bulk_worker WORKSPACE CHUNK`."""

from __future__ import annotations

import sys

import django


def main(workspace: int, chunk: int) -> None:
    django.setup()
    from guanxi.governance.models import Workspace
    from guanxi.governance.queries import entered
    from guanxi.kit import clock
    from guanxi.people import operations as people
    from guanxi.people.operations.bulk import running

    running.CHUNK = chunk
    with entered(Workspace.objects.get(pk=workspace)):
        while people.bulk_lane(now=clock.now()):
            pass


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
