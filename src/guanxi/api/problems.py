"""What went wrong, as `application/problem+json` (RFC 9457): for programs a code, for people what to do."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpResponse, JsonResponse

CONTENT_TYPE = "application/problem+json"
# code: status, title. The reference page lists them; a code never changes its meaning.
CODES: Mapping[str, tuple[int, str]] = {
    "bad_request": (400, "The request cannot be read"),
    "malformed_json": (400, "The body is not JSON"),
    "bad_cursor": (400, "The cursor does not belong to this list"),
    "bad_idempotency_key": (400, "The idempotency key cannot be used"),
    "no_key": (401, "A key is needed"),
    "bad_key": (401, "The key does not work"),
    "missing_scope": (403, "The key may not do this"),
    "not_found": (404, "Not there"),
    "method_not_allowed": (405, "Not with this method"),
    "conflict": (409, "Not in this state"),
    "merged": (409, "This person became another one"),
    "identity_taken": (409, "Somebody else has this address or number"),
    "idempotency_conflict": (409, "The idempotency key was used for another request"),
    "changed_meanwhile": (412, "It was changed meanwhile"),
    "length_required": (411, "The length of the body is needed"),
    "too_large": (413, "The body is too large"),
    "wrong_content_type": (415, "The body has another form than is needed"),
    "invalid": (422, "Something in the request is wrong"),
    "too_many_requests": (429, "Too many requests"),
    "error": (500, "Something went wrong on our side"),
}
BY_STATUS = {status: code for code, (status, _title) in reversed([*CODES.items()])} | {409: "conflict", 401: "no_key"}


@dataclass(frozen=True)
class Wrong:
    """One thing that is wrong; `field` is where in the request (`identities.email`)."""

    field: str
    code: str
    detail: str


@dataclass
class Problem(Exception):
    """`code` is one of CODES, `detail` says what to do."""

    code: str
    detail: str
    field: str = ""
    errors: Sequence[Wrong] = ()
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def status(self) -> int:
        return CODES[self.code][0]

    def as_json(self) -> dict[str, Any]:
        said: dict[str, Any] = {
            "type": f"urn:guanxi:problem:{self.code}",
            "title": CODES[self.code][1],
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "docs": f"{settings.BASE_URL}/api/v1/docs#error-{self.code}",
        }
        if self.field:
            said["field"] = self.field
        if self.errors:
            said["errors"] = [{"field": one.field, "code": one.code, "detail": one.detail} for one in self.errors]
        return said

    def response(self) -> HttpResponse:
        body = json.dumps(self.as_json(), ensure_ascii=False)
        return HttpResponse(body, status=self.status, content_type=CONTENT_TYPE, headers=dict(self.headers))


@dataclass
class Merged(Problem):
    """Who is asked for became somebody else: `merged_into`. What only reads is sent on `to` the same of theirs."""

    merged_into: str = ""
    to: str = ""

    def as_json(self) -> dict[str, Any]:
        return super().as_json() | {"merged_into": self.merged_into}

    def response(self) -> HttpResponse:
        if not self.to:
            return super().response()
        return JsonResponse({"merged_into": self.merged_into}, status=301, headers={"Location": self.to})


def invalid(field: str, detail: str, code: str = "wrong_value") -> Problem:
    return Problem("invalid", detail, field=field, errors=[Wrong(field, code, detail)])


def not_found() -> Problem:
    return Problem("not_found", "There is nothing here, or the key may not see it. Check the id and the address.")


DETAILS = {
    400: "Check the address, the headers and the encoding (UTF-8, no NUL).",
    404: "There is no such address. See the reference for those that there are.",
    405: "This address does not know the method. The Allow header names those that it knows.",
    413: "Send less at once.",
    500: "Nothing was changed. Try again; when it stays, tell whoever runs this installation.",
}


def of_status(status: int) -> Problem:
    """For an answer that something below us gave."""
    code = BY_STATUS.get(status, "error" if status >= 500 else "bad_request")
    return Problem(code, DETAILS.get(status, CODES[code][1] + "."))
