"""The page of the kinds of ids."""

from __future__ import annotations

from guanxi.governance.models import Workspace
from guanxi.kit import clock
from guanxi.people import operations as people
from guanxi.people.models import OwnKind
from guanxi.people.operations import Call
from tests.console.visitors import Visitor, lumen, owner

__all__ = ["lumen", "owner"]


def test_a_kind_is_added_named_anew_and_removed(owner: Visitor, lumen: Workspace) -> None:
    owner.post("id_kind_new", label="Loyalty card", trust="proof", keeps="sealed", place="shop", single="on")
    kind = OwnKind.objects.get()
    assert (kind.key, kind.single, kind.place) == ("loyalty_card", True, "shop")
    page = owner.get("id_kinds")
    assert "Loyalty card" in page and "WeCom external user" in page
    owner.post("id_kind", kind.public_id, label="Card of the till", trust="household", keeps="plain")
    kind.refresh_from_db()
    assert (kind.label, kind.key, kind.trust, kind.keeps, kind.place) == (
        *("Card of the till", "loyalty_card", "household", "plain", ""),
    )
    owner.post("id_kind_remove", kind.public_id)
    assert not OwnKind.objects.exists()


def test_what_is_refused_stands_beside_its_field(owner: Visitor, lumen: Workspace) -> None:
    given = {"trust": "proof", "keeps": "sealed"}
    for label, key, said in (
        ("Letters", "email", "A kind that is built in has this key."),
        ("Phone", "", "Another kind is called so."),
        ("Card", "Big Card", "Small letters a to z"),
        ("Ca\x07rd", "", "a character that cannot be seen"),
        ("x" * 81, "", "at most 80 characters"),
    ):
        assert said in owner.post("id_kind_new", label=label, key=key, **given, status=422)
    assert not OwnKind.objects.exists()


def test_the_page_says_what_stands_before_something_is_changed(owner: Visitor, lumen: Workspace) -> None:
    owner.post("id_kind_new", label="Card", trust="proof", keeps="sealed")
    kind, now = OwnKind.objects.get(), clock.now()
    for ids in ([("email", "a@b.example")], [("card", "7")], [("email", "a@b.example"), ("card", "7")]):
        people.link_many([Call(ids, now)], source="web", now=now)
    page = owner.get("id_kind", kind.public_id)
    assert "Ids of this kind have brought 1 pair of people together. That merge stands" in page
    assert "There are ids of this kind, so it stays." in page
    owner.post("id_kind", kind.public_id, label="Card", trust="household", keeps="hashed")
    kind.refresh_from_db()
    assert (kind.trust, kind.keeps) == ("household", "sealed")
    owner.post("id_kind_remove", kind.public_id)
    assert OwnKind.objects.exists()
