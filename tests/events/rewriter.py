"""A process that rewrites a month again and again until it is killed: `rewriter.py WORKSPACE MONTH`."""

import os
import sys
from datetime import UTC, datetime

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "guanxi.config.settings")
django.setup()

from guanxi.events import operations as events  # noqa: E402
from guanxi.events.models import Tidying  # noqa: E402
from guanxi.kit import scope  # noqa: E402

if __name__ == "__main__":
    with scope.workspace(int(sys.argv[1])):
        print("at work", flush=True)
        while True:
            now = datetime.now(UTC)
            Tidying.objects.create(month=sys.argv[2], files=8, rows=1, asked_at=now)
            events.tidy_lake(now=now)
