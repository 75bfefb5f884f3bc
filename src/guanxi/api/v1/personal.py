"""What is kept of a person, for the person: values in clear, files, an export, and the way out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from ninja import File, Query, Router
from ninja.files import UploadedFile

from guanxi.api.access import ApiRequest, op
from guanxi.api.problems import not_found
from guanxi.api.v1.people import found
from guanxi.api.v1.shapes import At, In, Listed, Out, Page, Words, newest, one, page
from guanxi.channels import queries as channels
from guanxi.governance import operations as audit
from guanxi.governance import queries as governance
from guanxi.governance.models import Workspace
from guanxi.governance.queries import Permission
from guanxi.kit import clock
from guanxi.kit.crypto import Unreadable
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import Attachment, Identity, IdentityKind, JobState, PersonErasure, PersonExport

router = Router(tags=["Personal data"])
Gone = Literal["rows", "batches", "lake"]
GONE: tuple[Gone, ...] = ("rows", "batches", "lake")
DONE = {"": 0, "batches": 1, "lake": 2, "done": 3}
Jobs = Literal["waiting", "working", "done", "failed", "expired"]
assert set(JobState.values) == set(Jobs.__args__)  # type: ignore[attr-defined]


class Because(In):
    """It stays in the audit log; name nobody in it."""

    reason: Words


class InClear(Out):
    id: str
    kind: str
    value: str


class InClearList(Out):
    data: list[InClear]


class ExportOut(Out):
    id: str
    state: Jobs
    size: int | None
    requested_at: At
    finished_at: At | None
    expires_at: At | None


class ErasureOut(Out):
    """`gone`: what is removed so far. The rows go within seconds, old files of the lake an hour later: somebody may
    still read them."""

    id: str
    state: Jobs
    gone: list[Gone]
    requested_at: At
    finished_at: At | None


class FileOut(Out):
    id: str
    name: str
    media_type: str
    size: int
    at: At


def export_out(job: PersonExport) -> ExportOut:
    return ExportOut(
        id=job.public_id,
        state=job.state,  # type: ignore[arg-type]
        size=job.size,
        requested_at=job.requested_at,
        finished_at=job.finished_at,
        expires_at=job.expires_at,
    )


def erasure_out(job: PersonErasure) -> ErasureOut:
    return ErasureOut(
        id=job.public_id,
        state=job.state,  # type: ignore[arg-type]
        gone=list(GONE[: DONE.get(job.step.partition(":")[0], 0)]),
        requested_at=job.requested_at,
        finished_at=job.finished_at,
    )


def file_out(row: Attachment) -> FileOut:
    return FileOut(id=row.public_id, name=people.name_of(row), media_type=row.media_type, size=row.size, at=row.at)


@router.post("/people/{person_id}/reveal", **op(Permission.PEOPLE_REVEAL, InClearList, refusals=("conflict",)))
def reveal_person(request: ApiRequest, person_id: str, body: Because) -> InClearList:
    """See what is masked

    At most 50 people an hour for who made the key, each with its reason in the audit log. This answer is never kept, so
    an `Idempotency-Key` is not taken.
    """
    person = found(request, person_id)
    values = people.reveal(person=person, by=request.staff, why="other", reason=body.reason, now=request.now)
    held = Identity.objects.filter(pk__in=values).order_by("pk")
    return InClearList(data=[InClear(id=each.public_id, kind=each.kind, value=values[each.pk]) for each in held])


@router.post(
    "/people/{person_id}/exports", **op(Permission.PEOPLE_EXPORT, ExportOut, status=201, refusals=("conflict",))
)
def export_person(request: ApiRequest, person_id: str, body: Because) -> ExportOut:
    """Ask for everything about a person

    JSON and CSV in a ZIP, made in the background and kept for 24 hours.
    """
    person = found(request, person_id)
    return export_out(
        people.export_person(person=person, by=request.staff, why="other", reason=body.reason, now=request.now)
    )


@router.get("/people/{person_id}/exports", **op(Permission.PEOPLE_EXPORT, Page[ExportOut], refusals=("bad_cursor",)))
def list_exports(request: ApiRequest, person_id: str, asked: Query[Listed]) -> Page[ExportOut]:
    """Exports of a person

    The newest first.
    """
    rows, after = newest(PersonExport.objects.filter(person=found(request, person_id)), asked)
    return page([export_out(row) for row in rows], after)


@router.get("/people/{person_id}/exports/{export_id}", **op(Permission.PEOPLE_EXPORT, ExportOut))
def get_export(request: ApiRequest, person_id: str, export_id: str) -> ExportOut:
    """How far an export is

    Ask again every few seconds until it is `done`.
    """
    return export_out(one(PersonExport.objects.filter(person=found(request, person_id)), export_id))


def as_bytes(answer: Any) -> dict[str, Any]:
    content = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    answer["openapi_extra"]["responses"] = {"200": {"description": "OK", "content": content}}
    return answer  # type: ignore[no-any-return]


@router.get("/people/{person_id}/exports/{export_id}/file", **as_bytes(op(Permission.PEOPLE_EXPORT, None)))
def get_export_file(request: ApiRequest, person_id: str, export_id: str) -> StreamingHttpResponse:
    """Download an export

    Until `expires_at`.
    """
    job = one(PersonExport.objects.filter(person=found(request, person_id)).select_related("person"), export_id)
    if job.state != JobState.DONE or job.expires_at is None or job.expires_at <= request.now:
        raise not_found()
    return download(request, people.read_export(job), "person.zip")


@router.post("/people/{person_id}/erase", **op(Permission.PEOPLE_ERASE, ErasureOut, status=201, refusals=("conflict",)))
def erase_person(request: ApiRequest, person_id: str, body: Because) -> ErasureOut:
    """Erase a person

    From here on nobody sees or reaches them, and it cannot be undone. Rows, notes, files and the lake follow in the
    background. What they refused is kept, so that the same address is not written to again.
    """
    person = found(request, person_id)
    return erasure_out(
        people.erase_person(person=person, by=request.staff, why="other", reason=body.reason, now=request.now)
    )


@router.get("/erasures/{erasure_id}", **op(Permission.PEOPLE_ERASE, ErasureOut))
def get_erasure(request: ApiRequest, erasure_id: str) -> ErasureOut:
    """How far an erasure is

    It tells nothing of the person.
    """
    return erasure_out(one(PersonErasure.objects.all(), erasure_id))


@router.post("/erasures/{erasure_id}/retry", **op(Permission.PEOPLE_ERASE, ErasureOut, refusals=("conflict",)))
def retry_erasure(request: ApiRequest, erasure_id: str) -> ErasureOut:
    """Go on with an erasure that could not run

    From the step where it gave up.
    """
    rows = PersonErasure.objects.all()
    people.retry_erasure(job=one(rows, erasure_id), by=request.staff, now=request.now)
    return erasure_out(one(rows, erasure_id))


class LinkOut(Out):
    identity: str
    url: str
    expires_at: At


class LinkList(Out):
    data: list[LinkOut]


@router.post("/people/{person_id}/preference-links", **op(Permission.PEOPLE_EDIT, LinkList))
def make_preference_links(request: ApiRequest, person_id: str) -> LinkList:
    """Make links to what a person gets

    One for each e-mail address, for 30 days. Whoever has it chooses what they get: pass it on to nobody else.
    """
    person, until = found(request, person_id), clock.wall() + channels.BY_HAND
    data = [
        LinkOut(
            identity=each.public_id,
            url=channels.preferences_link(workspace_id=request.workspace.pk, identity_id=each.id, until=until),
            expires_at=until,
        )
        for each in queries.card(person).identities
        if each.kind == IdentityKind.EMAIL and each.shown
    ]
    if data:
        audit.record(act="person.link_copied", by=request.staff, subject=person.public_id, now=request.now)
    return LinkList(data=data)


@router.get("/people/{person_id}/files", **op(Permission.PEOPLE_VIEW, Page[FileOut], refusals=("bad_cursor",)))
def list_files(request: ApiRequest, person_id: str, asked: Query[Listed]) -> Page[FileOut]:
    """Files that staff keep with a person

    The newest first.
    """
    rows, after = newest(_files(request, person_id), asked)
    return page([file_out(row) for row in rows], after)


@router.post("/people/{person_id}/files", **op(Permission.PEOPLE_EDIT, FileOut, status=201, refusals=("conflict",)))
def attach_file(request: ApiRequest, person_id: str, file: File[UploadedFile]) -> FileOut:
    """Keep a file with a person

    As `multipart/form-data` with `file`, at most 10 MB. What it is, its first bytes say: PDF, Office, pictures, sound.
    """
    person = found(request, person_id)
    made = people.attach_file(person=person, by=request.staff, file=file, filename=file.name or "", now=request.now)
    return file_out(made)


@router.get("/people/{person_id}/files/{file_id}", **as_bytes(op(Permission.PEOPLE_VIEW, None)))
def get_file(request: ApiRequest, person_id: str, file_id: str) -> StreamingHttpResponse:
    """Download a file

    As it came in.
    """
    row = one(_files(request, person_id), file_id)
    return download(request, people.read_file(row), "file")


@router.delete("/people/{person_id}/files/{file_id}", **op(Permission.PEOPLE_EDIT, None, status=204))
def remove_file(request: ApiRequest, person_id: str, file_id: str) -> None:
    """Remove a file

    For good.
    """
    row = one(_files(request, person_id), file_id)
    people.remove_file(attachment=row, by=request.staff, now=request.now)


def _files(request: ApiRequest, person_id: str) -> QuerySet[Attachment]:
    held: QuerySet[Attachment] = Attachment.objects.filter(person__in=queries.same(found(request, person_id)))
    return held.select_related("person")


def download(request: ApiRequest, pieces: Iterator[bytes], name: str) -> StreamingHttpResponse:
    try:
        first = next(pieces, b"")
    except (FileNotFoundError, Unreadable):
        raise not_found() from None
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    rest = _rest(first, pieces, request.workspace)
    return StreamingHttpResponse(rest, content_type="application/octet-stream", headers=headers)


def _rest(first: bytes, pieces: Iterator[bytes], workspace: Workspace) -> Iterator[bytes]:
    """Read after the request, when its scope has ended."""
    with governance.entered(workspace):
        yield first
        yield from pieces
