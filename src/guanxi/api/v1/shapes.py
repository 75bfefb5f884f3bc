"""The shapes of what comes in and goes out. Whatever comes in under a name that is not known is refused."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StrictBool,
    StrictInt,
    WithJsonSchema,
)

from guanxi.api.access import ApiRequest
from guanxi.api.problems import Problem, not_found
from guanxi.kit import cells
from guanxi.kit.keys import PublicId, is_id
from guanxi.kit.money import Money

SENT_TAG = re.compile(r"[\x21-\x7e]{1,200}", re.ASCII)
Item = TypeVar("Item")
Row = TypeVar("Row", bound=Model)
Shape = TypeVar("Shape", bound=BaseModel)


class In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    model_config = ConfigDict(frozen=True)


def _one_line(text: str) -> str:
    if cells.has_control(text):
        raise ValueError("holds a line break or a character that cannot be seen")
    return text


def _said(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty")
    return " ".join(text.split())


Line = Annotated[str, AfterValidator(_one_line)]
Name = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(_one_line), AfterValidator(_said)]
Words = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_one_line), AfterValidator(_said)]
Flag = StrictBool
Number = StrictInt


def _day(value: object) -> object:
    """A number is no day, though pydantic would take it for seconds since 1970."""
    text = value.isoformat() if isinstance(value, date) else value
    if not isinstance(text, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        raise ValueError("is not a day such as 2026-12-01")
    return value


FIRST, LAST = date(cells.YEARS.start, 1, 1), date(cells.YEARS.stop - 1, 12, 31)
Day = Annotated[date, Field(ge=FIRST, le=LAST), BeforeValidator(_day)]


def _moment(value: object) -> datetime:
    """RFC 3339 with an offset: a number or a time without a zone is a guess."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or len(value) < 19 or value[10] not in "Tt ":
        raise ValueError("is not a time such as 2026-12-01T10:00:00Z")
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("is not a time such as 2026-12-01T10:00:00Z") from None
    if at.tzinfo is None:
        raise ValueError("has no time zone; write it as 2026-12-01T10:00:00Z")
    if at.year not in cells.YEARS:
        raise ValueError(f"is before {FIRST.year} or after {LAST.year}")
    return at.astimezone(UTC)


Moment = Annotated[
    datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"}, mode="validation")
]


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


At = Annotated[
    datetime,
    PlainSerializer(_utc, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]


def Id(prefix: str) -> Any:
    """A public id that comes in."""
    return Annotated[str, Field(pattern=rf"^{prefix}_[0-9a-hjkmnp-tv-z]{{26}}$", max_length=30)]


class Amount(Out):
    """Money in the smallest unit of its currency: 1250 CNY is ¥12.50."""

    amount_minor: int
    currency: str


def amount(money: Money) -> Amount:
    return Amount(amount_minor=money.minor, currency=money.currency)


class Named(Out):
    """Something else, by its id and its name."""

    id: str
    name: str


def naming(row: Any) -> Named:
    return Named(id=row.public_id, name=str(row))


def named(row: Any) -> Named | None:
    return naming(row) if row is not None else None


class Page(Out, Generic[Item]):
    """A part of a list. Send `next_cursor` as `after` for what follows; it is null at the end."""

    data: list[Item]
    next_cursor: str | None
    has_more: bool


class Listed(In):
    """How much of a list, and behind what."""

    limit: int = Field(50, ge=1, le=200, description="How many at most.")
    after: str = Field("", max_length=400, description="`next_cursor` of the page before.")


def page(data: list[Item], next_cursor: str | None) -> Page[Item]:
    return Page(data=data, next_cursor=next_cursor or None, has_more=bool(next_cursor))


def newest(rows: QuerySet[Row], asked: Listed) -> tuple[list[Row], str]:
    """The newest first, by public id: they rise with time, so what is added meanwhile moves nothing."""
    if asked.after:
        kind = rows.model._meta.get_field("public_id")
        assert isinstance(kind, PublicId)
        rows = rows.filter(public_id__lt=cursor(asked.after, kind.prefix))
    found = list(rows.order_by("-public_id")[: asked.limit + 1])
    more = len(found) > asked.limit
    return found[: asked.limit], found[asked.limit - 1].public_id if more else ""  # type: ignore[attr-defined]


def cursor(after: str, prefix: str) -> str:
    """Raises the problem that it is of another list."""
    if not is_id(after, prefix):
        raise bad_cursor()
    return after


def bad_cursor() -> Problem:
    return Problem("bad_cursor", "Start again without `after`, or send next_cursor of the page before as it was.")


def packed(cursor: str) -> str:
    """The mark of a page holds a name, which has no place in the log of an address."""
    return base64.urlsafe_b64encode(cursor.encode()).decode().rstrip("=") if cursor else ""


def unpacked(after: str) -> str:
    if not after:
        return ""
    try:
        found = base64.b64decode(after + "=" * (-len(after) % 4), altchars=b"-_", validate=True).decode()
    except (ValueError, binascii.Error):
        raise bad_cursor() from None
    if not found or "\x00" in found:
        raise bad_cursor()
    return found


def one(rows: QuerySet[Row], public_id: str) -> Row:
    """Raises the problem that it is not there."""
    row = rows.filter(public_id=public_id).first()
    if row is None:
        raise not_found()
    return row


def held(rows: QuerySet[Row], public_id: str) -> Row:
    """The same, and nobody changes it until the end of the transaction."""
    return one(rows.select_for_update(of=("self",), no_key=True), public_id)


def chosen(rows: QuerySet[Row], public_id: str | None, field: str) -> Row | None:
    """What a body names by its id; nothing for none. Raises the problem that the field is wrong."""
    if public_id is None:
        return None
    row = rows.filter(public_id=public_id).first()
    if row is None:
        from guanxi.api.problems import invalid

        raise invalid(field, "There is nothing with this id, or it cannot be chosen here.", "unknown_id")
    return row


def tagged(request: ApiRequest, shown: Shape) -> Shape:
    """The answer, with its ETag."""
    request.etag = _etag(shown)
    return shown


def must_match(request: ApiRequest, shown: BaseModel) -> None:
    """If-Match names the version that the caller knows; `shown` is what is there now."""
    wanted = request.headers.get("If-Match")
    if wanted is None or wanted == "*":
        return
    if not SENT_TAG.fullmatch(wanted):
        raise Problem("bad_request", "If-Match holds the ETag of an answer, with its quotation marks.")
    if _etag(shown) not in [one.strip() for one in wanted.split(",")]:
        raise Problem("changed_meanwhile", "Get it again, look at what changed, and send your change with its ETag.")


def _etag(shown: BaseModel) -> str:
    return f'"{hashlib.sha256(shown.model_dump_json().encode()).hexdigest()[:32]}"'
