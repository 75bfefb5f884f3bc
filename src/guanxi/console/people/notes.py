"""Notes on a person: written by staff, and taken away by who wrote them."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from guanxi.console.access import StaffRequest, may, reads_nul
from guanxi.console.people.forms import NoteForm
from guanxi.console.people.views import found, page_of
from guanxi.governance.queries import Permission
from guanxi.people import operations as people
from guanxi.people.models import Note
from guanxi.people.operations import NoteRefused


@reads_nul
@may(Permission.PEOPLE_EDIT)
@require_POST
def add_note(request: StaffRequest, public_id: str) -> HttpResponse:
    person, form = found(request, public_id), NoteForm(request.POST)
    if form.is_valid():
        try:
            people.add_note(person=person, by=request.staff, text=form.cleaned_data["text"], now=request.now)
        except NoteRefused as refusal:
            form.refuse(refusal.reason)
        else:
            messages.success(request, _("The note is saved."))
            return redirect("person", request.workspace.slug, person.public_id)
    return page_of(request, person, form)


@may(Permission.PEOPLE_EDIT)
@require_POST
def remove_note(request: StaffRequest, public_id: str, note_id: str) -> HttpResponse:
    person = found(request, public_id)
    note = Note.objects.filter(person=person, public_id=note_id).first()
    if note is None:
        raise Http404
    try:
        people.remove_note(note=note, by=request.staff)
    except NoteRefused:
        messages.error(request, _("Only who wrote a note can delete it."))
    else:
        messages.success(request, _("The note is deleted."))
    return redirect("person", request.workspace.slug, person.public_id)
