"""Writing down what we say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import ProtectedError

from guanxi.channels.models import Message
from guanxi.channels.registry import NoWords
from guanxi.channels.registry import Words as Composed
from guanxi.content import queries
from guanxi.content.models import Content, Variant
from guanxi.content.queries import BadTemplate, Words
from guanxi.governance import operations as governance
from guanxi.governance.models import Staff


class ContentInUse(Exception):
    """A room above still points at it."""


class BadContent(ValueError):
    """`problems` by (language, part); `content.queries.explain` puts each into words."""

    def __init__(self, problems: Mapping[tuple[str, str], BadTemplate]) -> None:
        super().__init__("; ".join(f"{'/'.join(place)}: {problem}" for place, problem in problems.items()))
        self.problems = dict(problems)


@transaction.atomic
def save_content(
    *,
    name: str,
    variants: Sequence[Words],
    fall_back: bool,
    by: Staff | None,
    now: datetime,
    content: Content | None = None,
) -> Content:
    """Replace all the variants. What has been confirmed already keeps the words that it was confirmed with."""
    if problems := queries.problems(variants):
        raise BadContent(problems)
    content = content or Content(created_at=now, by=by)
    content.name, content.fall_back, content.updated_at = name, fall_back, now
    content.save()
    Variant.objects.filter(content=content).delete()
    Variant.objects.bulk_create(
        Variant(
            content=content,
            language=queries.canonical(words.language),
            channel=words.channel,
            subject=words.subject.strip(),
            body=words.body.replace("\r\n", "\n"),
        )
        for words in variants
    )
    return content


@transaction.atomic
def delete_content(*, content: Content, by: Staff | None, now: datetime) -> None:
    """With its words in every language. Raises ContentInUse."""
    try:
        with transaction.atomic():
            content.delete()
    except ProtectedError:
        raise ContentInUse from None
    governance.record(act="content.deleted", by=by, subject=content.public_id, now=now)


def compose(messages: Sequence[Message]) -> dict[int, Composed | NoWords]:
    """Messages that say a content as it is now (those of `channels.send` with the content's public id as origin)."""
    contents = {content.pk: content for content in Content.objects.filter(pk__in={one.content_id for one in messages})}
    found: dict[int, Composed | NoWords] = {}
    for key, content in contents.items():
        words = queries.snapshot(content)
        found |= queries.written([one for one in messages if one.content_id == key], words)
    return found
