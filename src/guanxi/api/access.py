"""Every operation says which scope its key needs."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django.http import HttpRequest

from guanxi.api.problems import Problem, Wrong
from guanxi.governance.models import ApiKey, Staff, Workspace
from guanxi.governance.queries import Permission


class ApiRequest(HttpRequest):
    """A request that a key has let in: the middleware holds the scope of its workspace, and the transaction.

    `staff` is who made the key: the key sees the people whom they see. `etag` is what an answer sets for its header.
    """

    key: ApiKey
    workspace: Workspace
    staff: Staff
    scopes: frozenset[Permission]
    now: datetime
    etag: str


class Bearer:
    """Lets those keys in that have the scope, if one is needed, with parameters that the operation knows."""

    openapi_security_schema = {"type": "http", "scheme": "bearer", "bearerFormat": "gx_live_…"}
    parameters: frozenset[str] = frozenset()

    def __init__(self, permission: Permission | None) -> None:
        self.permission = permission

    def __call__(self, request: HttpRequest) -> Any:
        inside = cast(ApiRequest, request)
        if self.permission and self.permission not in inside.scopes:
            raise Problem(
                "missing_scope",
                f"This needs the scope {self.permission}. Make a key that has it; your role must have it, too.",
            )
        if strange := sorted(request.GET.keys() - self.parameters):
            wrong = [Wrong(name, "unknown_parameter", "This parameter is not known here.") for name in strange]
            raise Problem("invalid", f"{strange[0]} is not a parameter of this.", field=strange[0], errors=wrong)
        return inside.key


def op(
    permission: Permission | None, out: Any, *, status: int = 200, thing: bool = False, refusals: tuple[str, ...] = ()
) -> dict[str, Any]:
    """What an operation says of itself: its scope, its answer, whether that has an ETag, and how it may refuse."""
    extra = {"x-scope": str(permission or ""), "x-thing": thing, "x-refusals": list(refusals)}
    return {"auth": Bearer(permission), "response": {status: out}, "openapi_extra": extra}
