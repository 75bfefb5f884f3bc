"""The script for websites. A change that sites would notice gets a new name: they pin the sum of the old one."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

WEB_SCRIPT = "guanxi-1.js"
# Until the script is there, what a page calls waits in a list.
_UNTIL_THEN = (
    "<script>window.guanxi=window.guanxi||{q:[]};"
    '["init","consent","page","track","identify","reset"].forEach(function(n){'
    "guanxi[n]=guanxi[n]||function(){guanxi.q.push([n,arguments])}})</script>"
)


@cache
def web_script() -> bytes:
    return (Path(__file__).parents[1] / "web" / WEB_SCRIPT).read_bytes()


@cache
def web_integrity() -> str:
    """For the attribute `integrity` (Subresource Integrity)."""
    return "sha384-" + base64.b64encode(hashlib.sha384(web_script()).digest()).decode()


def web_snippet(host: str, key: str) -> str:
    """What a site puts into its pages."""
    where = f'src="{host}/v1/{WEB_SCRIPT}" integrity="{web_integrity()}"'
    return f'{_UNTIL_THEN}\n<script async crossorigin="anonymous" {where} data-guanxi-key="{key}"></script>'
