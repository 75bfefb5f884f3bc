"""How a content reads for somebody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from guanxi.channels import queries as channels
from guanxi.channels.models import Account, Message
from guanxi.channels.registry import NoWords, Words
from guanxi.content.models import Content, Variant
from guanxi.content.rules import BadTemplate, Facts, Letter, Template, Values, choose, facts, write
from guanxi.governance.models import Purpose, Workspace
from guanxi.kit import scope
from guanxi.people.models import Field, Person, Trait

SAMPLE = "Kim Minji"


def snapshot(content: Content) -> dict[str, Any]:
    """The words as they are now, to be kept by whoever sends them."""
    variants = Variant.objects.filter(content=content).order_by("channel", "language")
    return {
        "content": content.public_id,
        "name": content.name,
        "fall_back": content.fall_back,
        "variants": list(variants.values("language", "channel", "subject", "body")),
    }


def written(messages: Sequence[Message], words: Mapping[str, Any]) -> dict[int, Words | NoWords]:
    """Each message of a snapshot in the language of its person."""
    workspace = Workspace.objects.get(pk=scope.current())
    accounts = {account.pk: account for account in Account.objects.all()}
    people = {person.pk: person for person in Person.objects.filter(pk__in=[one.person_id for one in messages])}
    traits = _traits(people)
    return {
        message.pk: _words(message, words, accounts[message.account_id], people[message.person_id], traits, workspace)
        for message in messages
    }


def _words(
    message: Message,
    words: Mapping[str, Any],
    account: Account,
    person: Person,
    traits: Mapping[int, Mapping[str, str]],
    workspace: Workspace,
) -> Words | NoWords:
    template = _template(words, account.kind, person.language, workspace.language)
    if template is None:
        return NoWords(f"no words in {person.language or workspace.language}")
    marketing = message.purpose == Purpose.MARKETING
    values = Values(
        name=person.name,
        workspace=workspace.name,
        traits=traits[person.pk],
        unsubscribe_url=channels.link(message, "unsubscribe") if marketing else "",
        preferences_url=_preferences_url(message),
        pixel_url=channels.link(message, "open"),
        imprint=(channels.sender_imprint(account) or "") if marketing else "",
    )
    try:
        letter = write(template, values, **_labels(template.language))
    except BadTemplate as error:
        return NoWords(str(error))
    return Words(subject=letter.subject, text=letter.text, html=letter.html, locale=letter.language)


def preview(content: Content, *, person: Person | None, language: str, channel: str = "email") -> Letter:
    """As that person would get it, in this language; without a person, as somebody invented would.

    Raises BadTemplate, and Variant.DoesNotExist for a language that was not written.
    """
    return preview_of(saved(content, language, channel), person=person)


def saved(content: Content, language: str, channel: str = "email") -> Template:
    """Raises Variant.DoesNotExist for a language that was not written."""
    variant = Variant.objects.get(content=content, channel=channel, language=language)
    return Template(variant.language, variant.subject, variant.body)


def preview_of(template: Template, *, person: Person | None) -> Letter:
    """The same of words that are not saved yet. Raises BadTemplate."""
    return looked_at(template, person=person)[0]


def looked_at(template: Template, *, person: Person | None) -> tuple[Letter, Facts]:
    """With what can be said about it. Raises BadTemplate."""
    workspace = Workspace.objects.get(pk=scope.current())
    empty = dict.fromkeys(Field.objects.values_list("key", flat=True), "")
    values = Values(
        name=person.name if person else SAMPLE,
        workspace=workspace.name,
        traits=_traits([person.pk])[person.pk] if person else empty,
        unsubscribe_url="https://example.test/unsubscribe",
        preferences_url="https://example.test/preferences",
        imprint=_imprint(),
    )
    letter = write(template, values, **_labels(template.language))
    return letter, facts(template, values, letter)


def _imprint() -> str:
    """Of the account that a broadcast would begin with."""
    account = channels.usable_accounts().order_by("pk").first()
    return (channels.sender_imprint(account) or "") if account else ""


def _template(words: Mapping[str, Any], channel: str, wanted: str, own: str) -> Template | None:
    by_language = {one["language"]: one for one in words["variants"] if one["channel"] == channel}
    language = choose(wanted, own, by_language, fall_back=words["fall_back"])
    if language is None:
        return None
    return Template(language, by_language[language]["subject"], by_language[language]["body"])


def _traits(people: Iterable[int]) -> Mapping[int, Mapping[str, str]]:
    """Every field of the workspace, empty where a person has none: a template must not fail on somebody unknown."""
    keys = dict(Field.objects.values_list("pk", "key"))
    found: dict[int, dict[str, str]] = defaultdict(lambda: dict.fromkeys(keys.values(), ""))
    for person, field, value in Trait.objects.filter(person__in=list(people)).values_list(
        "person_id", "field_id", "value"
    ):
        found[person][keys[field]] = value
    return found


def _preferences_url(message: Message) -> str:
    if message.identity_id is None:
        return ""
    until = message.planned_at + channels.IN_MESSAGES
    return channels.preferences_link(workspace_id=message.workspace_id, identity_id=message.identity_id, until=until)


def _labels(language: str) -> dict[str, str]:
    with translation.override(language):
        return {"unsubscribe_label": _("Unsubscribe"), "preferences_label": _("What you get from us")}
