"""Keys on pages: made with a fresh proof, shown once, revoked."""

from __future__ import annotations

import re
import shlex

from django.test import Client

from guanxi.governance.models import ApiKey, AuditEntry, Role, Workspace
from tests.console.visitors import Visitor, lumen, owner, staff

__all__ = ["lumen", "owner"]


def test_a_key_is_shown_once_with_a_line_that_works(owner: Visitor, lumen: Workspace) -> None:
    page = owner.post("key_new", status=200, name="Shop", scopes=["people.view"], lasts="90")
    [secret] = set(re.findall(r"gx_live_[\w-]+", page))
    assert secret not in owner.get("keys")
    [line] = re.findall(r'curl -H "[^"]+" \S+', page.replace("</pre>", " "))
    _curl, _h, header, url = shlex.split(line)
    answer = Client().get("/api/v1" + url.partition("/api/v1")[2], headers=dict([header.split(": ")]))
    assert answer.json() == {"data": [], "next_cursor": None, "has_more": False}
    key = ApiKey.objects.get()
    assert (key.name, key.scopes, (key.expires_at - key.created_at).days if key.expires_at else 0) == (
        *("Shop", ["people.view"], 90),
    )


def test_a_key_offers_only_what_its_maker_may_do(lumen: Workspace) -> None:
    integrator = staff(Role.INTEGRATOR)
    page = integrator.get("key_new")
    offered = ["channels.manage", "health.view", "people.import", "sources.manage", "webhooks.manage"]
    assert sorted(re.findall(r'value="(\w+\.\w+)"', page)) == offered
    integrator.post("key_new", status=422, name="Shop", scopes=["people.view"])
    integrator.post("key_new", status=422, name="Shop")
    assert ApiKey.objects.count() == 0


def test_making_a_key_asks_for_a_fresh_proof(owner: Visitor, lumen: Workspace) -> None:
    session = owner.client.session
    session["proved_at"] = "2026-01-01T00:00:00+00:00"
    session.save()
    assert "/confirm?next=" in owner.post("key_new", name="Shop", scopes=["people.view"])
    assert ApiKey.objects.count() == 0


def test_a_revoked_key_says_so_and_stays_in_the_list(owner: Visitor, lumen: Workspace) -> None:
    owner.post("key_new", status=200, name="Shop", scopes=["people.view"])
    owner.post("key_revoke", ApiKey.objects.get().public_id)
    page = owner.get("keys")
    assert "Revoked" in page
    assert "Shop" in page
    assert list(AuditEntry.objects.values_list("act", flat=True).order_by("number"))[-2:] == ["key.made", "key.revoked"]
