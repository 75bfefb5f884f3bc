"""Tags of the workspace: groups, the words in them, how many carry each; made, renamed, archived, merged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from guanxi.console.access import StaffRequest, may, sent
from guanxi.console.tag_words import refusal_words
from guanxi.governance.queries import Permission
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import Tag, TagGroup
from guanxi.people.operations import TagRefused

NAMES_AT_ONCE = 200


class GroupForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    exclusive = forms.BooleanField(label=gettext_lazy("A person carries one of them at the most"), required=False)


class TagForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)


class NamesForm(forms.Form):
    names = forms.CharField(
        label=gettext_lazy("New tags"), max_length=4_000, help_text=gettext_lazy("Names, with ; between.")
    )


class MergeForm(forms.Form):
    into = forms.ChoiceField(label=gettext_lazy("Becomes"))

    def __init__(self, data: Any, others: list[Tag]) -> None:
        super().__init__(data)
        self.fields["into"].choices = [(one.public_id, one.name) for one in others]  # type: ignore[attr-defined]


def found_group(public_id: str) -> TagGroup:
    group = TagGroup.objects.filter(public_id=public_id).first()
    if group is None:
        raise Http404
    return group


def found_tag(public_id: str) -> Tag:
    tag = queries.tags_for(None).filter(public_id=public_id).select_related("merged_into").first()
    if tag is None:
        raise Http404
    return tag


@may(Permission.TAGS_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def tags(request: StaffRequest) -> HttpResponse:
    form = GroupForm(sent(request))
    if form.is_valid():
        try:
            group = people.create_tag_group(**form.cleaned_data, by=request.staff, now=request.now)
        except TagRefused as refusal:
            form.add_error("name", refusal_words(refusal))
        else:
            return redirect("tag_group", request.workspace.slug, group.public_id)
    every = list(queries.tags_for(None))
    counts = queries.carried([tag.pk for tag in every])
    by_group: dict[int, list[dict[str, Any]]] = {}
    for tag in every:
        by_group.setdefault(tag.group_id or 0, []).append({"tag": tag, "people": counts.get(tag.pk, 0)})
    groups = [{"group": one, "tags": by_group.get(one.pk, [])} for one in queries.tag_groups()]
    page = {"form": form, "groups": groups}
    return render(request, "settings/tags.html", page, status=422 if form.is_bound else 200)


@may(Permission.TAGS_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def tag_group(request: StaffRequest, public_id: str) -> HttpResponse:
    group = found_group(public_id)
    form = GroupForm(sent(request), initial={"name": group.name, "exclusive": group.exclusive})
    if form.is_valid():
        try:
            people.change_tag_group(group=group, by=request.staff, now=request.now, **form.cleaned_data)
        except TagRefused as refusal:
            form.add_error("exclusive" if refusal.reason == "two_of_them" else "name", refusal_words(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect("tag_group", request.workspace.slug, group.public_id)
    return _group_page(request, group, form, NamesForm())


def _group_page(request: StaffRequest, group: TagGroup, form: GroupForm, names: NamesForm) -> HttpResponse:
    rows = list(queries.tags_for(None).filter(group=group))
    counts = queries.carried([tag.pk for tag in rows])
    page = {
        "group": group,
        "form": form,
        "names": names,
        "tags": [{"tag": tag, "people": counts.get(tag.pk, 0)} for tag in rows],
    }
    status = 422 if form.is_bound or names.is_bound else 200
    return render(request, "settings/tag_group.html", page, status=status)


@may(Permission.TAGS_MANAGE)
@require_POST
def new_tags(request: StaffRequest, public_id: str) -> HttpResponse:
    group, names = found_group(public_id), NamesForm(request.POST)
    if names.is_valid():
        wanted = queries.split_names(names.cleaned_data["names"])[:NAMES_AT_ONCE]
        try:
            people.create_tags(group=group, names=wanted, by=request.staff, now=request.now)
        except TagRefused as refusal:
            names.add_error("names", refusal_words(refusal))
        else:
            return redirect("tag_group", request.workspace.slug, group.public_id)
    form = GroupForm(initial={"name": group.name, "exclusive": group.exclusive})
    form.is_bound = False
    return _group_page(request, group, form, names)


@may(Permission.TAGS_MANAGE)
@require_POST
def remove_group(request: StaffRequest, public_id: str) -> HttpResponse:
    group = found_group(public_id)
    try:
        people.remove_tag_group(group=group, by=request.staff, now=request.now)
    except TagRefused:
        messages.error(request, _("Only an empty group goes. Merge or delete its tags first."))
        return redirect("tag_group", request.workspace.slug, group.public_id)
    messages.success(request, _("The group %(name)s is deleted.") % {"name": group.name})
    return redirect("tags", request.workspace.slug)


@may(Permission.TAGS_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def tag(request: StaffRequest, public_id: str) -> HttpResponse:
    one = found_tag(public_id)
    form = TagForm(sent(request), initial={"name": one.name})
    if form.is_valid():
        try:
            people.change_tag(tag=one, name=form.cleaned_data["name"], by=request.staff, now=request.now)
        except TagRefused as refusal:
            form.add_error("name", refusal_words(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect("tag", request.workspace.slug, one.public_id)
    others = list(queries.usable(None).filter(group=one.group_id).exclude(pk=one.pk))
    page = {
        "tag": one,
        "form": form,
        "merge": MergeForm(None, others) if others and not one.merged_into else None,
        "people": queries.carried([one.pk]).get(one.pk, 0),
        "list": reverse("people", args=[request.workspace.slug]) + f"?tags_all={one.public_id}",
    }
    return render(request, "settings/tag.html", page, status=422 if form.is_bound else 200)


def _changed(request: StaffRequest, one: Tag, done: str, act: Callable[[], object]) -> HttpResponse:
    try:
        act()
    except TagRefused as refusal:
        messages.error(request, refusal_words(refusal))
    else:
        messages.success(request, done)
    return redirect("tag", request.workspace.slug, one.public_id)


@may(Permission.TAGS_MANAGE)
@require_POST
def archive_tag(request: StaffRequest, public_id: str) -> HttpResponse:
    """Or back from there."""
    one = found_tag(public_id)
    archived = one.archived_at is None
    done = _("Archived: nobody new gets it.") if archived else _("It is in use again.")
    return _changed(
        request,
        one,
        done,
        lambda: people.change_tag(tag=one, archived=archived, by=request.staff, now=request.now),
    )


@may(Permission.TAGS_MANAGE)
@require_POST
def merge_tag(request: StaffRequest, public_id: str) -> HttpResponse:
    one = found_tag(public_id)
    into = queries.usable(None).filter(public_id=request.POST.get("into", "")[:30]).first()
    if into is None:
        messages.error(request, _("Choose another tag."))
        return redirect("tag", request.workspace.slug, one.public_id)
    done = _("%(old)s became %(name)s.") % {"old": one.name, "name": into.name}
    return _changed(
        request, one, done, lambda: people.merge_tags(tag=one, into=into, by=request.staff, now=request.now)
    )


@may(Permission.TAGS_MANAGE)
@require_POST
def remove_tag(request: StaffRequest, public_id: str) -> HttpResponse:
    one = found_tag(public_id)
    try:
        people.remove_tag(tag=one, by=request.staff, now=request.now)
    except TagRefused as refusal:
        messages.error(request, refusal_words(refusal))
        return redirect("tag", request.workspace.slug, one.public_id)
    assert one.group is not None
    messages.success(request, _("The tag %(name)s is deleted.") % {"name": one.name})
    return redirect("tag_group", request.workspace.slug, one.group.public_id)
