"""The page where a person says what they get from us. The signed link is the proof; nobody signs in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from guanxi.channels import queries as channels
from guanxi.channels import registry
from guanxi.channels.queries import BadLink
from guanxi.console.access import anyone, sent
from guanxi.console.public.views import speaking
from guanxi.console.templatetags.figures import language_name
from guanxi.governance import queries as governance
from guanxi.governance.models import Purpose, Workspace
from guanxi.kit import clock
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import Person
from guanxi.people.queries import Card, KnownIdentity

USUAL, FEWER = "usual", "fewer"


class PreferencesForm(forms.Form):
    """One tick an address, how often, and in which language."""

    frequency = forms.ChoiceField(
        label=gettext_lazy("How often"),
        choices=[
            (USUAL, gettext_lazy("As usual")),
            (FEWER, gettext_lazy("Less often: one message a month at most")),
        ],
        widget=forms.RadioSelect,
    )
    language = forms.ChoiceField(label=gettext_lazy("Language of our messages"))

    def __init__(self, data: Any, card: Card, brand: str) -> None:
        super().__init__(data)
        self.card = card
        agreed = {one.identity_id for one in card.consents if one.granted and one.purpose == Purpose.MARKETING}
        reachable = {registry.plugin(kind).identity_kind for kind in registry.kinds()}
        self.addresses = [one for one in card.identities if one.kind in reachable and not one.suppressed]
        self.stopped = [one for one in card.identities if one.kind in reachable and one.suppressed]
        for one in self.addresses:
            self.fields[one.public_id] = forms.BooleanField(
                label=self.words(one, brand), required=False, initial=one.id in agreed
            )
        person = card.person
        codes = dict.fromkeys([*(code for code, _name in settings.LANGUAGES), *filter(None, [person.language])])
        self.fields["language"].choices = [(code, own_name(code)) for code in codes]  # type: ignore[attr-defined]
        self.fields["language"].initial = person.language or translation.get_language()
        self.fields["frequency"].initial = FEWER if person.fewer_messages else USUAL
        self.brand = brand

    def words(self, one: KnownIdentity, brand: str) -> str:
        return _("News and offers of %(brand)s to %(address)s") % {"brand": brand, "address": one.shown}

    @property
    def ticks(self) -> list[forms.BoundField]:
        return [self[one.public_id] for one in self.addresses]

    def save(self) -> None:
        given = self.cleaned_data
        people.set_preferences(
            person=self.card.person,
            marketing={one.id: given[one.public_id] for one in self.addresses},
            fewer_messages=given["frequency"] == FEWER,
            language=given["language"],
            # What they read, without the address: the line of the ledger outlives them.
            proof={
                "text": _("News and offers of %(brand)s") % {"brand": self.brand},
                "language": translation.get_language(),
            },
            now=clock.now(),
        )


def own_name(code: str) -> str:
    return str(dict(settings.LANGUAGES).get(code) or language_name(code))


@anyone
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    try:
        with followed(token) as (workspace, person), speaking(request, person.language):
            return _answered(request, workspace, person)
    except BadLink:
        return render(request, "public/preferences_broken.html", status=404)


def _answered(request: HttpRequest, workspace: Workspace, person: Person) -> HttpResponse:
    people.saw({person.pk: clock.now()})
    form = PreferencesForm(sent(request), queries.card(person), workspace.name)
    if form.is_valid():
        form.save()
        return HttpResponseRedirect(f"{request.path}?saved=1")
    page = {"brand": workspace.name, "form": form, "saved": "saved" in request.GET and not form.is_bound}
    answer = render(request, "public/preferences.html", page, status=422 if form.is_bound else 200)
    answer.headers["Content-Language"] = translation.get_language()
    return answer


@contextmanager
def followed(token: str) -> Iterator[tuple[Workspace, Person]]:
    """The person whose address the link was made for. Raises BadLink, the same for whatever is wrong."""
    link = channels.read_preferences(token, clock.wall())
    workspace = Workspace.objects.filter(pk=link.workspace_id).first()
    if workspace is None:
        raise BadLink("The workspace of this link is gone.")
    with governance.entered(workspace):
        person = queries.person_of_address(link.identity_id)
        if person is None:
            raise BadLink("The address of this link is gone.")
        yield workspace, person
