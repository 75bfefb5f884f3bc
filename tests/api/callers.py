"""Programs that come in with a key."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from guanxi.governance import operations as governance
from guanxi.governance.models import ApiKey, Role, Staff
from guanxi.governance.queries import Permission
from guanxi.kit import clock
from tests.factories.people import make_staff


@dataclass
class Caller:
    """A key in use. `send` gives the answer; `get`, `post` … its JSON after a look at the status."""

    secret: str
    client: Client = field(default_factory=Client)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        given = {"headers": {"Authorization": f"Bearer {self.secret}", **headers}}
        if body is None:
            return self.client.generic(method, f"/api/v1{path}", **given)  # type: ignore[arg-type]
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        return self.client.generic(method, f"/api/v1{path}", text, content_type="application/json", **given)  # type: ignore[arg-type]

    def get(self, path: str, status: int = 200, **headers: str) -> Any:
        return self._json(self.send("GET", path, **headers), status)

    def post(self, path: str, body: Any = None, status: int = 200, **headers: str) -> Any:
        return self._json(self.send("POST", path, body, **headers), status)

    def patch(self, path: str, body: Any, status: int = 200, **headers: str) -> Any:
        return self._json(self.send("PATCH", path, body, **headers), status)

    def put(self, path: str, body: Any, status: int = 200, **headers: str) -> Any:
        return self._json(self.send("PUT", path, body, **headers), status)

    def delete(self, path: str, status: int = 204, **headers: str) -> Any:
        return self._json(self.send("DELETE", path, **headers), status)

    def _json(self, answer: Any, status: int) -> Any:
        assert answer.status_code == status, (answer.status_code, answer.content.decode()[:2000])
        return json.loads(answer.content) if answer.content else None


def key_of(staff: Staff, scopes: Collection[Permission] = (), **given: Any) -> tuple[ApiKey, Caller]:
    """A key of this member of staff; with every scope that they have, if none is named."""
    wanted = scopes or [one for one in Permission if governance_may(staff, one)]
    made = governance.make_key(by=staff, name="Shop", scopes=wanted, now=clock.wall(), **given)
    return made.key, Caller(made.secret)


def governance_may(staff: Staff, permission: Permission) -> bool:
    from guanxi.governance.queries import may

    return may(staff.role, permission)


def caller(role: Role = Role.OWNER, scopes: Collection[Permission] = (), **given: Any) -> Caller:
    return key_of(make_staff(f"Api{role}", role, **given), scopes)[1]
