"""A process that sends what is due until nothing is left, to be killed: `sender.py WORKSPACE NOW`."""

import os
import sys
from datetime import datetime

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "guanxi.config.settings")
django.setup()

from guanxi.channels import operations as channels  # noqa: E402
from guanxi.governance import queries as governance  # noqa: E402
from guanxi.governance.models import Workspace  # noqa: E402

if __name__ == "__main__":
    with governance.entered(Workspace.objects.get(pk=int(sys.argv[1]))):
        while channels.lane(now=datetime.fromisoformat(sys.argv[2])):
            pass
