"""Words and tones of ties."""

from __future__ import annotations

from django import template

from guanxi.connections.models import BroughtBy, FriendState

register = template.Library()

TONES = {
    FriendState.ACTIVE: "ok",
    FriendState.PENDING: "info",
    FriendState.BLOCKED: "danger",
    FriendState.DELETED_BY_THEM: "warn",
}


@register.filter
def friend_tone(state: str) -> str:
    return TONES.get(FriendState(state), "")


@register.filter
def brought_by(by: str) -> str:
    return str(BroughtBy(by).label)
