"""A process that applies and appends until it is killed: `worker.py WORKSPACE`."""

import os
import sys
import time
from datetime import UTC, datetime

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "guanxi.config.settings")
django.setup()

from guanxi.acquisition import operations as acquisition  # noqa: E402
from guanxi.events import operations as events  # noqa: E402
from guanxi.governance import queries as governance  # noqa: E402
from guanxi.governance.models import Workspace  # noqa: E402

if __name__ == "__main__":
    with governance.entered(Workspace.objects.get(pk=int(sys.argv[1]))):
        while True:
            now = datetime.now(UTC)
            worked = acquisition.lane(now=now)
            worked += events.write_lake(now=now)
            time.sleep(0 if worked else 0.1)
