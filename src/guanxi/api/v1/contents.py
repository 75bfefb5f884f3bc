"""What we say, in each language."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from ninja import Query, Router
from pydantic import Field

from guanxi.api.access import ApiRequest, op
from guanxi.api.problems import Problem, invalid, not_found
from guanxi.api.v1.checks import TriedOut, sent_to_oneself
from guanxi.api.v1.people import found
from guanxi.api.v1.shapes import (
    At,
    Flag,
    In,
    Line,
    Listed,
    Name,
    Out,
    Page,
    chosen,
    held,
    must_match,
    newest,
    one,
    page,
    tagged,
)
from guanxi.channels import queries as channels
from guanxi.channels.registry import Words as Composed
from guanxi.content import operations as contents
from guanxi.content import queries
from guanxi.content.models import Content, Variant
from guanxi.content.queries import Template, Words
from guanxi.governance.queries import Permission
from guanxi.people import queries as people

router = Router(tags=["Contents"])
VIEW, EDIT = Permission.CONTENT_VIEW, Permission.CONTENT_EDIT
Language = Annotated[str, Field(pattern="^[a-z]{2,3}(-[a-z]{4})?$", description="Such as en, zh-hans, ko.")]


class VariantOut(Out):
    language: str
    channel: str
    subject: str
    body: str


class ContentOut(Out):
    id: str
    name: str
    fall_back: bool = Field(description="Where a language is missing, the workspace's own is used.")
    variants: list[VariantOut]
    created_at: At
    updated_at: At


class ContentLine(Out):
    id: str
    name: str
    fall_back: bool
    languages: list[str]
    updated_at: At


class VariantIn(In):
    """A Liquid template with our variables; the body is Markdown."""

    language: Language
    channel: Literal["email"] = "email"
    subject: Line = Field(min_length=1, max_length=200)
    body: str = Field(min_length=1, max_length=100_000)


class NewContent(In):
    name: Name
    fall_back: Flag = False
    variants: list[VariantIn] = Field(min_length=1, max_length=40)


class ContentChange(In):
    name: Name | None = None
    fall_back: Flag | None = None
    variants: list[VariantIn] | None = Field(None, min_length=1, max_length=40, description="All of them.")


class PreviewAsked(In):
    language: Language
    person: str | None = Field(None, max_length=40, description="As this person would get it; without, invented.")


class DraftIn(In):
    variant: VariantIn
    person: str | None = Field(None, max_length=40)


class LetterOut(Out):
    language: str
    subject: str
    text: str
    html: str


def shown(row: Content) -> ContentOut:
    variants = Variant.objects.filter(content=row).order_by("channel", "language")
    return ContentOut(
        id=row.public_id,
        name=row.name,
        fall_back=row.fall_back,
        variants=[VariantOut.model_validate(one, from_attributes=True) for one in variants],
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def words(variants: list[VariantIn]) -> list[Words]:
    return [Words(one.language, one.subject, one.body, one.channel) for one in variants]


@router.get("/contents", **op(VIEW, Page[ContentLine], refusals=("bad_cursor",)))
def list_contents(request: ApiRequest, asked: Query[Listed]) -> Page[ContentLine]:
    """List contents

    The newest first, without their words.
    """
    rows, after = newest(Content.objects.all(), asked)
    languages: dict[int, list[str]] = {row.pk: [] for row in rows}
    for content, language in Variant.objects.filter(content__in=rows).values_list("content_id", "language"):
        languages[content].append(language)
    said = [
        ContentLine(
            id=row.public_id,
            name=row.name,
            fall_back=row.fall_back,
            languages=sorted(languages[row.pk]),
            updated_at=row.updated_at,
        )
        for row in rows
    ]
    return page(said, after)


@router.post("/contents", **op(EDIT, ContentOut, status=201, thing=True))
def create_content(request: ApiRequest, body: NewContent) -> ContentOut:
    """Write a content

    Every template is checked: a variable that does not exist is refused.
    """
    made = contents.save_content(
        name=body.name, variants=words(body.variants), fall_back=body.fall_back, by=request.staff, now=request.now
    )
    return tagged(request, shown(made))


@router.post("/contents/preview", **op(EDIT, LetterOut))
def preview_draft(request: ApiRequest, body: DraftIn) -> LetterOut:
    """See words as a letter before they are kept

    Nothing is saved.
    """
    return LetterOut.model_validate(_letter(request, body), from_attributes=True)


class TestIn(DraftIn):
    channel: str | None = Field(None, max_length=40, description="The account; null: the first that can send.")


@router.post("/contents/test", **op(EDIT, TriedOut, refusals=("conflict",)))
def test_content(request: ApiRequest, body: TestIn) -> TriedOut:
    """Send words to yourself before they are kept

    To the address that the maker of the key signs in with, and to no other; ten an hour. An `Idempotency-Key` is not
    taken.
    """
    letter = _letter(request, body)
    usable = channels.usable_accounts().order_by("pk")
    account = chosen(usable, body.channel, "channel") or usable.first()
    if account is None:
        raise Problem("conflict", "There is no account that can send. Connect one first.")
    return sent_to_oneself(
        request, account, Composed(subject=letter.subject, text=letter.text, html=letter.html, locale=letter.language)
    )


def _letter(request: ApiRequest, body: DraftIn) -> Any:
    for (_language, part), problem in queries.problems(words([body.variant])).items():
        raise invalid(f"variant.{part}", queries.explain(problem), problem.code)
    person = chosen(people.visible(request.staff), body.person or None, "person")
    variant = body.variant
    return queries.preview_of(Template(variant.language, variant.subject, variant.body), person=person)


@router.get("/contents/{content_id}", **op(VIEW, ContentOut, thing=True))
def get_content(request: ApiRequest, content_id: str) -> ContentOut:
    """Get a content

    With its words in every language.
    """
    return tagged(request, shown(one(Content.objects.all(), content_id)))


@router.patch("/contents/{content_id}", **op(EDIT, ContentOut, thing=True, refusals=("changed_meanwhile",)))
def update_content(request: ApiRequest, content_id: str, body: ContentChange) -> ContentOut:
    """Change a content

    `variants` replaces all of them. Broadcasts that were confirmed keep their words.
    """
    row = held(Content.objects.all(), content_id)
    must_match(request, before := shown(row))
    kept = [Words(each.language, each.subject, each.body, each.channel) for each in before.variants]
    saved = contents.save_content(
        name=row.name if body.name is None else body.name,
        fall_back=row.fall_back if body.fall_back is None else body.fall_back,
        variants=kept if body.variants is None else words(body.variants),
        by=request.staff,
        now=request.now,
        content=row,
    )
    return tagged(request, shown(saved))


@router.delete("/contents/{content_id}", **op(EDIT, None, status=204, refusals=("conflict",)))
def delete_content(request: ApiRequest, content_id: str) -> None:
    """Delete a content

    With its words in every language. One that a broadcast uses stays with it.
    """
    contents.delete_content(content=one(Content.objects.all(), content_id), by=request.staff, now=request.now)


@router.get("/contents/{content_id}/preview", **op(VIEW, LetterOut))
def preview_content(request: ApiRequest, content_id: str, asked: Query[PreviewAsked]) -> LetterOut:
    """See a content as a letter

    As a person whom the maker of the key sees would get it.
    """
    row = one(Content.objects.all(), content_id)
    person = found(request, asked.person) if asked.person else None
    try:
        letter = queries.preview(row, person=person, language=asked.language)
    except Variant.DoesNotExist:
        raise not_found() from None
    return LetterOut.model_validate(letter, from_attributes=True)
