"""Something to say."""

from __future__ import annotations

from datetime import datetime

from guanxi.content import operations
from guanxi.content.models import Content
from guanxi.content.queries import Words

HELLO = Words("en", "Hello {{ person.first_name }}", "Dear {{ person.name }},\n\nour **new** lamps are here.")


def content(now: datetime, *variants: Words, fall_back: bool = True, name: str = "New lamps") -> Content:
    return operations.save_content(name=name, variants=variants or (HELLO,), fall_back=fall_back, by=None, now=now)
