"""A worker that stands still in the midst of an export, to be killed there: `exporter.py WORKSPACE part|seal`.

`part`: a part is on disk and not counted yet. `seal`: the file is half put together.
"""

import os
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "guanxi.config.settings")
django.setup()

from guanxi.audiences.operations import exports  # noqa: E402
from guanxi.audiences.operations.exports import files, running  # noqa: E402
from guanxi.governance import queries as governance  # noqa: E402
from guanxi.governance.models import Workspace  # noqa: E402

written = files.write
parts = running._parts


def stand() -> None:
    print("here", flush=True)
    time.sleep(600)


def write(of: Any, pieces: Iterator[bytes], part: int | None = None) -> int:
    size = written(of, pieces, part)
    if part == 2:
        stand()
    return size


def half(of: Any) -> Iterator[bytes]:
    for number, piece in enumerate(parts(of)):
        yield piece
        if number:
            stand()


if __name__ == "__main__":
    running.CHUNK = 2
    if sys.argv[2] == "part":
        files.write = write
    else:
        running._parts = half
    with governance.entered(Workspace.objects.get(pk=int(sys.argv[1]))):
        while exports.export_lane(now=datetime.now(UTC)):
            pass
