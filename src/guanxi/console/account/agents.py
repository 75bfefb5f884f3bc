"""A browser in words, from what it says of itself. Each also claims to be its ancestors: the particular come first."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

BROWSERS = {
    "MicroMessenger": gettext_noop("WeChat"),
    "KAKAOTALK": gettext_noop("KakaoTalk"),
    "Whale/": "Whale",
    "SamsungBrowser": "Samsung Internet",
    "Edg": "Edge",
    "OPR/": "Opera",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "OpenHarmony": "HarmonyOS",
    "Android": "Android",
    "Windows": "Windows",
    "Macintosh": "Mac",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


def words(agent: str) -> str:
    browser = next((name for mark, name in BROWSERS.items() if mark in agent), "")
    system = next((name for mark, name in SYSTEMS.items() if mark in agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": _(browser), "system": system}
    return _(browser) if browser else system or _("Unknown device")
