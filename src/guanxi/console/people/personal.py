"""What is known of a person, for the person: a look at masked values, files, an export, and the way out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from guanxi.channels import queries as channels
from guanxi.console.access import StaffRequest, confirmed, may, sent
from guanxi.console.people import reasons
from guanxi.console.people.forms import NoteForm
from guanxi.console.people.reasons import ErasureForm, ReasonForm
from guanxi.console.people.views import found, page_of
from guanxi.governance import operations as governance_acts
from guanxi.governance import queries as governance
from guanxi.governance.models import Workspace
from guanxi.governance.queries import Permission
from guanxi.governance.queries import may as role_may
from guanxi.kit import clock
from guanxi.kit.crypto import Unreadable
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import Attachment, IdentityKind, JobState, Person, PersonErasure, PersonExport
from guanxi.people.operations import ErasureRefused, ExportRefused, FileRefused, RevealRefused

LISTED_AT_MOST = 20
REFUSED: dict[str, Any] = {
    "no_reason": gettext_lazy("Choose a reason."),
    "erased": gettext_lazy("This person was erased; nothing more is kept about them."),
    "too_many": gettext_lazy(
        "You have looked at 50 people in the last hour. Wait a little, or ask an owner if you need more."
    ),
    "running": gettext_lazy("An export of this person is on its way already."),
    "empty": gettext_lazy("Choose a file first."),
    "too_large": gettext_lazy(
        "The file is larger than 10 MB. Make it smaller, or keep it elsewhere and note the place."
    ),
    "unknown_type": gettext_lazy(
        "This kind of file cannot be kept here. PDF, Word, Excel, PowerPoint (without macros), PNG, JPEG, GIF, WebP, "
        "HEIC, MP3 and M4A can."
    ),
    "no_room": gettext_lazy("The room for files of this workspace is used up. Remove files that nobody needs."),
}


@may(Permission.PEOPLE_REVEAL)
@confirmed
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def reveal(request: StaffRequest, public_id: str) -> HttpResponse:
    """Asks for the reason, then shows the page of the person once with the values in clear."""
    one = found(request, public_id)
    form = ReasonForm(sent(request), reasons.LOOK)
    if form.is_valid():
        try:
            values = people.reveal(person=one, by=request.staff, now=request.now, **form.cleaned_data)
        except RevealRefused as refusal:
            form.add_error(None, REFUSED[refusal.reason])
        else:
            return page_of(request, one, NoteForm(), revealed=values)
    status = 422 if form.is_bound else 200
    return render(request, "people/reveal.html", {"person": one, "form": form}, status=status)


@may(Permission.PEOPLE_VIEW)
@require_safe
def personal(request: StaffRequest, public_id: str) -> HttpResponse:
    """Files, exports, and what may be asked for."""
    return _page(request, found(request, public_id))


def _page(
    request: StaffRequest, one: Person, *, form: ReasonForm | None = None, refused: str = "", status: int = 200
) -> HttpResponse:
    role = request.staff.role
    exports = list(PersonExport.objects.filter(person=one).select_related("by").order_by("-pk")[:LISTED_AT_MOST])
    attachments = Attachment.objects.filter(person__in=queries.same(one)).select_related("person", "by")
    context = {
        "person": one,
        "files": [(each, people.name_of(each)) for each in attachments.order_by("-at", "-public_id")],
        "refused": refused,
        "exports": exports,
        "working": any(job.state in (JobState.WAITING, JobState.WORKING) for job in exports),
        "form": form or ReasonForm(None, reasons.EXPORT),
        "may_edit": role_may(role, Permission.PEOPLE_EDIT),
        "may_export": role_may(role, Permission.PEOPLE_EXPORT),
        "may_erase": role_may(role, Permission.PEOPLE_ERASE),
    }
    return render(request, "people/personal.html", context, status=status)


@may(Permission.PEOPLE_EXPORT)
@confirmed
@require_POST
def export(request: StaffRequest, public_id: str) -> HttpResponse:
    one = found(request, public_id)
    form = ReasonForm(request.POST, reasons.EXPORT)
    if form.is_valid():
        try:
            people.export_person(person=one, by=request.staff, now=request.now, **form.cleaned_data)
        except ExportRefused as refusal:
            form.add_error(None, REFUSED[refusal.reason])
        else:
            messages.success(request, _("The export is on its way. It stands here in a moment."))
            return redirect("person_data", request.workspace.slug, one.public_id)
    return _page(request, one, form=form, status=422)


@may(Permission.PEOPLE_EXPORT)
@confirmed
@never_cache
@require_safe
def export_file(request: StaffRequest, public_id: str, export_id: str) -> HttpResponse | StreamingHttpResponse:
    one = found(request, public_id)
    job = PersonExport.objects.filter(person=one, public_id=export_id).select_related("person").first()
    if job is None or job.state != JobState.DONE or job.expires_at is None or job.expires_at <= request.now:
        raise Http404
    return _download(request, people.read_export(job), f"{one.public_id}.zip", "application/zip")


@may(Permission.PEOPLE_ERASE)
@confirmed
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: StaffRequest, public_id: str) -> HttpResponse:
    one = found(request, public_id)
    form = ErasureForm(sent(request), reasons.ERASE, one.name or one.public_id)
    if form.is_valid():
        given = {name: form.cleaned_data[name] for name in ("why", "reason")}
        try:
            job = people.erase_person(person=one, by=request.staff, now=request.now, **given)
        except ErasureRefused as refusal:
            form.add_error(None, REFUSED[refusal.reason])
        else:
            return redirect("erasure", request.workspace.slug, job.public_id)
    status = 422 if form.is_bound else 200
    return render(request, "people/erase.html", {"person": one, "form": form}, status=status)


@may(Permission.PEOPLE_ERASE)
@require_safe
def erasure(request: StaffRequest, public_id: str) -> HttpResponse:
    """How far it is. It says nothing of the person but the public id."""
    job = PersonErasure.objects.filter(public_id=public_id).select_related("person", "by").first()
    if job is None:
        raise Http404
    step = job.step.partition(":")[0]
    done = {"": 0, "batches": 1, "lake": 2, "done": 3}.get(step, 0)
    steps = [
        (label, done > place)
        for place, label in enumerate(
            (_("Rows, notes, files and journals"), _("Packed events"), _("The lake and its old files"))
        )
    ]
    working = job.state in (JobState.WAITING, JobState.WORKING)
    context = {"job": job, "steps": steps, "working": working, "waits": step == "lake"}
    return render(request, "people/erasure.html", context)


@may(Permission.PEOPLE_ERASE)
@require_POST
def retry_erasure(request: StaffRequest, public_id: str) -> HttpResponse:
    job = PersonErasure.objects.filter(public_id=public_id).first()
    if job is None:
        raise Http404
    with suppress(ErasureRefused):  # a second press finds it at work
        people.retry_erasure(job=job, by=request.staff, now=request.now)
    return redirect("erasure", request.workspace.slug, job.public_id)


@may(Permission.PEOPLE_EDIT)
@never_cache
@require_POST
def preferences_links(request: StaffRequest, public_id: str) -> HttpResponse:
    """A link for each address, to pass on to the person and to nobody else."""
    one = found(request, public_id)
    until = clock.wall() + channels.BY_HAND
    made = [
        (
            each,
            channels.preferences_link(workspace_id=request.workspace.pk, identity_id=each.id, until=until),
        )
        for each in queries.card(one).identities
        if each.kind == IdentityKind.EMAIL and each.shown
    ]
    if made:
        governance_acts.record(act="person.link_copied", by=request.staff, subject=one.public_id, now=request.now)
    context = {"person": one, "links": made, "until": until}
    return render(request, "people/preferences_links.html", context)


@may(Permission.PEOPLE_EDIT)
@require_POST
def attach(request: StaffRequest, public_id: str) -> HttpResponse:
    one, upload = found(request, public_id), request.FILES.get("file")
    if upload is None:
        return _page(request, one, refused=REFUSED["empty"], status=422)
    try:
        people.attach_file(person=one, by=request.staff, file=upload, filename=upload.name or "", now=request.now)
    except FileRefused as refusal:
        return _page(request, one, refused=REFUSED[refusal.reason], status=422)
    messages.success(request, _("The file is kept with this person."))
    return redirect("person_data", request.workspace.slug, one.public_id)


@may(Permission.PEOPLE_VIEW)
@never_cache
@require_safe
def attachment(request: StaffRequest, public_id: str, file_id: str) -> HttpResponse | StreamingHttpResponse:
    one = _attachment(request, public_id, file_id)
    return _download(request, people.read_file(one), people.name_of(one), one.media_type)


@may(Permission.PEOPLE_EDIT)
@require_POST
def remove_attachment(request: StaffRequest, public_id: str, file_id: str) -> HttpResponse:
    person = found(request, public_id)
    one = Attachment.objects.filter(person__in=queries.same(person), public_id=file_id).select_related("person").first()
    if one is not None:  # a second press finds it gone
        people.remove_file(attachment=one, by=request.staff, now=request.now)
    messages.success(request, _("The file is removed."))
    return redirect("person_data", request.workspace.slug, public_id)


def _attachment(request: StaffRequest, public_id: str, file_id: str) -> Attachment:
    person = found(request, public_id)
    one = Attachment.objects.filter(person__in=queries.same(person), public_id=file_id).select_related("person").first()
    if one is None:
        raise Http404
    return one


def _download(
    request: StaffRequest, pieces: Iterator[bytes], name: str, media_type: str
) -> HttpResponse | StreamingHttpResponse:
    """Only ever a download: a browser neither guesses what it is nor runs anything in it."""
    try:
        first = next(pieces, b"")
    except (FileNotFoundError, Unreadable):
        raise Http404 from None
    headers = {
        "Content-Disposition": f'attachment; filename="file{PurePath(name).suffix if name.isascii() else ""}"; '
        f"filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingHttpResponse(_rest(first, pieces, request.workspace), content_type=media_type, headers=headers)


def _rest(first: bytes, pieces: Iterator[bytes], workspace: Workspace) -> Iterator[bytes]:
    """Read after the request, when its scope has ended."""
    with governance.entered(workspace):
        yield first
        yield from pieces
