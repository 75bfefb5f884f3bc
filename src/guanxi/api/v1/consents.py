"""What people agreed to, and addresses of theirs that get nothing."""

from __future__ import annotations

from typing import Literal

from ninja import Router
from pydantic import Field

from guanxi.api.access import ApiRequest, op
from guanxi.api.v1.people import PersonOut, found, locked, shown
from guanxi.api.v1.shapes import (
    At,
    Flag,
    Id,
    In,
    Line,
    Out,
    Words,
    chosen,
    tagged,
)
from guanxi.governance import operations as governance
from guanxi.governance.models import Purpose, SuppressionReason
from guanxi.governance.queries import Permission
from guanxi.people import queries
from guanxi.people.models import Identity, IdentityKind

router = Router(tags=["People"])
VIEW, EDIT = Permission.PEOPLE_VIEW, Permission.PEOPLE_EDIT
ADDRESSES = (IdentityKind.EMAIL, IdentityKind.PHONE)


class ConsentOut(Out):
    """What the ledger says now of an address."""

    identity: str
    channel: str
    purpose: str
    granted: bool
    at: At
    source: str


class ConsentList(Out):
    data: list[ConsentOut]


class NewConsent(In):
    identity: Id("idn") = Field(description="The e-mail address or phone that it is about.")  # type: ignore[valid-type]
    purpose: Literal["marketing", "transactional"] = "marketing"
    granted: Flag
    text: Words = Field(description="How they said so; it is kept as proof.")


@router.get("/people/{person_id}/consents", **op(VIEW, ConsentList))
def list_consents(request: ApiRequest, person_id: str) -> ConsentList:
    """What a person agreed to

    By address and purpose. What is not here was never asked, and counts as no.
    """
    card = queries.card(found(request, person_id))
    ids = {each.id: each.public_id for each in card.identities}
    said = [
        ConsentOut(
            identity=ids[each.identity_id],
            channel=each.channel,
            purpose=each.purpose,
            granted=each.granted,
            at=each.at,
            source=each.source,
        )
        for each in card.consents
    ]
    return ConsentList(data=said)


@router.post("/people/{person_id}/consents", **op(EDIT, ConsentList, status=201))
def record_consent(request: ApiRequest, person_id: str, body: NewConsent) -> ConsentList:
    """Note what a person said

    A line in the ledger with its proof; the newest line of an address and purpose holds.
    """
    person = locked(request, person_id)
    held = chosen(Identity.objects.filter(person=person, kind__in=ADDRESSES), body.identity, "identity")
    assert held is not None
    write = governance.give_consent if body.granted else governance.withdraw_consent
    write(
        channel=held.kind,
        address=bytes(held.lookup),
        purpose=Purpose(body.purpose),
        source="api",
        now=request.now,
        person=person.pk,
        proof={"text": body.text, "key": request.key.public_id},
        by=request.staff.pk,
    )
    return list_consents(request, person_id)


class Stop(In):
    identity: Id("idn") = Field(description="The address that shall get nothing.")  # type: ignore[valid-type]
    detail: Line = Field("", max_length=300)


@router.post("/people/{person_id}/suppress", **op(Permission.CHANNELS_MANAGE, PersonOut, thing=True))
def suppress_person(request: ApiRequest, person_id: str, body: Stop) -> PersonOut:
    """Put an address of a person on the suppression list

    It gets nothing from now on, whatever it agreed to.
    """
    person = found(request, person_id)
    held = chosen(Identity.objects.filter(person=person, kind__in=ADDRESSES), body.identity, "identity")
    assert held is not None
    governance.suppress_many(
        channel=held.kind,
        addresses=[bytes(held.lookup)],
        reason=SuppressionReason.MANUAL,
        now=request.now,
        detail=body.detail,
        by=request.staff,
    )
    return tagged(request, shown(queries.card(person)))
