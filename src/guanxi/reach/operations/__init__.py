"""Broadcasts: written, confirmed, planned in chunks, paused, stopped, finished."""

from guanxi.reach.operations.drafts import NotDraft, delete_draft, save_broadcast
from guanxi.reach.operations.running import (
    Blocked,
    WrongState,
    cancel,
    compose,
    confirm,
    count_as_sent,
    pause,
    resume,
    send_again,
)
from guanxi.reach.operations.working import finish_due, lane, plan_due

__all__ = [
    "Blocked",
    "NotDraft",
    "WrongState",
    "cancel",
    "compose",
    "confirm",
    "count_as_sent",
    "delete_draft",
    "finish_due",
    "lane",
    "pause",
    "plan_due",
    "resume",
    "save_broadcast",
    "send_again",
]
