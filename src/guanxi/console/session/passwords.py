"""Why a new password is refused, in words."""

from __future__ import annotations

from django.utils.translation import gettext as _


def password_words(reason: str) -> str:
    return {
        "password_too_short": _("This is too short. Use at least 12 characters."),
        "password_too_similar": _("This is too much like your name or e-mail address. Choose something else."),
        "password_too_common": _("Many people use this password, so it is guessed first. Choose something else."),
    }[reason]
