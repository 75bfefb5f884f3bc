"""A workspace with people who come to its pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from guanxi.governance import operations as governance
from guanxi.governance import queries
from guanxi.governance.models import Role, User, Workspace


@dataclass(frozen=True)
class Visitor:
    """Somebody who is signed in, or not; answers are their text with entities undone."""

    client: Client

    def get(self, route: str, /, *args: str, status: int = 200, **asked: Any) -> str:
        return self._text(self.client.get(reverse(route, args=["lumen", *args]), asked), status)

    def post(self, route: str, /, *args: str, status: int = 302, **sent: Any) -> str:
        """The text, or the address that it leads on to."""
        answer = self.client.post(reverse(route, args=["lumen", *args]), sent)
        return self._text(answer, status) if status != 302 else self._onward(answer)

    def _onward(self, answer: Any) -> str:
        assert answer.status_code == 302, answer.content.decode()
        return str(answer.headers["Location"])

    def _text(self, answer: Any, status: int) -> str:
        assert answer.status_code == status, (answer.status_code, answer.headers.get("Location"))
        return unescape(answer.content.decode())


@pytest.fixture
def lumen(db: None) -> Iterator[Workspace]:
    owner = User.objects.create_user(email="owner@example.test", name="Lin Yao")
    workspace = governance.create_workspace(name="Lumen", owner=owner)
    with queries.entered(workspace):
        yield workspace


@pytest.fixture
def owner(lumen: Workspace) -> Visitor:
    return visitor("owner@example.test")


def visitor(email: str) -> Visitor:
    client = Client()
    client.force_login(User.objects.get(email=email))
    return Visitor(client)


def staff(role: Role, **given: Any) -> Visitor:
    governance.add_staff(email=f"{role}@example.test", name=f"The {role}", role=role, **given)
    return visitor(f"{role}@example.test")
