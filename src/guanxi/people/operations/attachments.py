"""Files that staff keep with a person, sealed at rest with the person's key."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path, PurePath
from typing import IO

from django.conf import settings
from django.db import transaction
from django.db.models import Sum

from guanxi.governance import operations as governance
from guanxi.governance.models import Staff
from guanxi.kit import cells, crypto, keys, rows, scope, sealed_files
from guanxi.kit.personal import Who
from guanxi.people.models import Attachment, Person
from guanxi.people.rules import ATTACHMENT_LIMIT, ATTACHMENT_QUOTA, HEAD_BYTES, media_type_of

TABLE = Attachment._meta.db_table
PIECE = 64 * 1024


class FileRefused(ValueError):
    """`reason`: empty, too_large, unknown_type, no_room or erased."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@transaction.atomic
def attach_file(*, person: Person, by: Staff | None, file: IO[bytes], filename: str, now: datetime) -> Attachment:
    """What it is, its first bytes say, not its name. Raises FileRefused and then keeps nothing."""
    held: Person = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    if held.salt is None or held.erased_at is not None:
        raise FileRefused("erased")
    head = file.read(HEAD_BYTES)
    if not head:
        raise FileRefused("empty")
    media_type = media_type_of(head)
    if media_type is None:
        raise FileRefused("unknown_type")
    [pk] = rows.next_ids(Attachment, 1)
    public_id, salt = keys.new("fil"), bytes(held.salt)
    path = _path(public_id)
    try:
        size = sealed_files.write(
            path, _limited(head, file), workspace_id=scope.current(), salt=salt, place=f"{TABLE}|content|{pk}"
        )
        if (Attachment.objects.aggregate(all=Sum("size"))["all"] or 0) + size > ATTACHMENT_QUOTA:
            raise FileRefused("no_room")
        name = cells.file_name(filename, 150)
        sealed = crypto.seal(name, workspace_id=scope.current(), salt=salt, table=TABLE, column="name", row=pk)
        made: Attachment = Attachment.objects.create(
            pk=pk, public_id=public_id, person=held, name=sealed, media_type=media_type, size=size, by=by, at=now
        )
        detail = {"type": media_type, "size": size}
        governance.record(act="file.attached", by=by, subject=held.public_id, detail=detail, now=now)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return made


@transaction.atomic
def remove_file(*, attachment: Attachment, by: Staff | None, now: datetime) -> None:
    path, subject = _path(attachment.public_id), attachment.person.public_id
    Attachment.objects.filter(pk=attachment.pk).delete()
    governance.record(act="file.removed", by=by, subject=subject, now=now)
    transaction.on_commit(lambda: path.unlink(missing_ok=True))


def read_file(attachment: Attachment) -> Iterator[bytes]:
    """The pieces in clear. Raises FileNotFoundError, and Unreadable when a byte was changed."""
    return sealed_files.read(
        _path(attachment.public_id),
        workspace_id=scope.current(),
        salt=bytes(attachment.person.salt or b""),
        place=f"{TABLE}|content|{attachment.pk}",
    )


def files_of(whom: Who) -> Iterator[tuple[str, Iterator[bytes]]]:
    """For an export: name and pieces of each file."""
    for one in Attachment.objects.filter(person__in=whom.people).select_related("person").order_by("pk"):
        suffix = PurePath(name_of(one)).suffix
        yield f"{one.public_id}{suffix}", read_file(one)


def forget_files(whom: Who, now: datetime) -> None:
    for public_id in Attachment.objects.filter(person__in=whom.people).values_list("public_id", flat=True):
        _path(public_id).unlink(missing_ok=True)


def name_of(attachment: Attachment) -> str:
    """Its name in clear; `person` should be selected with it."""
    if attachment.person.salt is None:
        return ""
    return crypto.unseal(
        bytes(attachment.name),
        workspace_id=scope.current(),
        salt=bytes(attachment.person.salt),
        table=TABLE,
        column="name",
        row=attachment.pk,
    )


def _path(public_id: str) -> Path:
    return Path(settings.FILES) / str(scope.current()) / "people" / public_id


def _limited(head: bytes, file: IO[bytes]) -> Iterator[bytes]:
    size, piece = 0, head
    while piece:
        size += len(piece)
        if size > ATTACHMENT_LIMIT:
            raise FileRefused("too_large")
        yield piece
        piece = file.read(PIECE)
