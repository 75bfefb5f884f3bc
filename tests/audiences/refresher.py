"""A process that appends and refreshes until it is killed: `refresher.py WORKSPACE`."""

import os
import sys
from datetime import UTC, datetime

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "guanxi.config.settings")
django.setup()

from guanxi.audiences import operations as audiences  # noqa: E402
from guanxi.audiences.models import Audience  # noqa: E402
from guanxi.events import operations as events  # noqa: E402
from guanxi.governance import queries as governance  # noqa: E402
from guanxi.governance.models import Workspace  # noqa: E402

if __name__ == "__main__":
    with governance.entered(Workspace.objects.get(pk=int(sys.argv[1]))):
        while True:
            now = datetime.now(UTC)
            events.write_lake(now=now)
            for audience in Audience.objects.all():
                audiences.refresh(audience=audience, now=now)
