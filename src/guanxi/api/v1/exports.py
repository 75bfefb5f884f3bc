"""Files of people on their way out: an audience, or whoever fits a filter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from django.http import StreamingHttpResponse
from ninja import Query, Router
from pydantic import Field

from guanxi.api.access import ApiRequest, op
from guanxi.api.problems import Problem, invalid, not_found
from guanxi.api.v1.fitting import Fitting, wanted
from guanxi.api.v1.personal import as_bytes, download
from guanxi.api.v1.shapes import At, Id, In, Line, Listed, Named, Out, Page, Words, chosen, named, newest, one, page
from guanxi.audiences.models import Audience, Export, ExportState
from guanxi.audiences.operations import exports
from guanxi.audiences.queries import exports as asked_of
from guanxi.audiences.queries.exports import PRESETS, Shape
from guanxi.governance.queries import Permission

router = Router(tags=["Exports"])
MAY = Permission.EXPORTS_MAKE
Formats = Literal["csv", "xlsx", "hashed"]
States = Literal["running", "stopped", "done", "failed", "expired"]
Languages = Literal["en", "zh-hans", "ko"]
Presets = Literal[
    "sha256",
    "google",
    "meta",
    "tencent_phone_sha256",
    "tencent_phone_md5",
    "tencent_oaid_md5",
    "tencent_idfa_md5",
    "ocean_phone_sha256",
    "ocean_phone_md5",
    "ocean_oaid_md5",
    "ocean_idfa_md5",
    "device_sha256",
]
assert set(States.__args__) == set(ExportState.values)  # type: ignore[attr-defined]
assert set(Formats.__args__) == set(asked_of.FORMATS)  # type: ignore[attr-defined]
assert set(Presets.__args__) == set(PRESETS)  # type: ignore[attr-defined]


class WhomAndWhat(In):
    """Either `audience` or `fitting`. With `csv` and `xlsx` belong `columns`, with `hashed` a `preset`."""

    audience: Id("aud") | None = None  # type: ignore[valid-type]
    fitting: Fitting | None = Field(None, description="Whoever fits when it starts; `{}` is everyone.")
    format: Formats
    columns: list[Annotated[Line, Field(max_length=110)]] = Field(
        [],
        max_length=300,
        description="`name`, `email`, `phone`, `owner`, `consent` …, `trait:city`, `id:wecom:corp`; "
        "all of them in docs/export.md. Each once; the file has them in this order, after our id.",
    )
    language: Languages = Field("en", description="Of the header.")
    bom: bool = Field(False, description="With `csv`: the mark by which Excel takes it for UTF-8.")
    clear: bool = Field(False, description="Addresses as they are, not masked; needs the scope people.reveal, too.")
    agreed: bool = Field(False, description="Only people who agreed to marketing; always so with `hashed`.")
    preset: Presets | None = Field(None, description="With `hashed`: for which platform.")
    ids: list[Literal["email", "phone"]] = Field(["email", "phone"], max_length=2, description="With `hashed`.")
    device: Line = Field("", max_length=20, description="For device ids: the kind of id that holds them.")


class NewExport(WhomAndWhat):
    reason: Words = Field(description="It stays in the audit log; name nobody in it.")


class Expected(Out):
    """How many people a file would hold, as things are, and how many it would leave out, by reason."""

    people: int
    inside: int
    left_out: dict[str, int]


class FileOfPeople(Out):
    """`rows` stand in the file, `left_out` counts people by reason: no_consent, refused, listed, no_id, not_there."""

    id: str
    state: States
    problem: str | None
    audience: Named | None
    format: Formats
    columns: list[str]
    preset: Presets | None
    clear: bool
    agreed: bool
    total: int | None = Field(description="Null until it is settled whom it means.")
    done: int
    rows: int
    left_out: dict[str, int]
    size: int | None
    by: Named
    created_at: At
    finished_at: At | None
    expires_at: At | None


def shown(of: Export) -> FileOfPeople:
    shape = asked_of.shape_of(of)
    return FileOfPeople(
        id=of.public_id,
        state=of.state,  # type: ignore[arg-type]
        problem=of.problem or None,
        audience=named(of.audience),
        format=shape.as_,  # type: ignore[arg-type]
        columns=list(shape.columns),
        preset=shape.preset or None,  # type: ignore[arg-type]
        clear=shape.clear,
        agreed=shape.only_agreed,
        total=of.total,
        done=of.done,
        rows=of.rows,
        left_out=of.left_out,
        size=of.size,
        by=Named(id=of.by.public_id, name=of.by.name),
        created_at=of.created_at,
        finished_at=of.finished_at,
        expires_at=of.expires_at,
    )


def _whom(request: ApiRequest, body: WhomAndWhat) -> Any:
    if body.audience is not None and body.fitting is None:
        return chosen(Audience.objects.all(), body.audience, "audience")
    if body.fitting is not None and body.audience is None:
        return wanted(body.fitting, request.staff, inside="fitting.")
    raise invalid("audience", "Send either audience or fitting.", "missing")


def _shape(request: ApiRequest, body: WhomAndWhat) -> Shape:
    if body.clear and Permission.PEOPLE_REVEAL not in request.scopes:
        raise Problem("missing_scope", "Addresses in clear need the scope people.reveal, too.")
    hashed = body.format == "hashed"
    if hashed and body.columns:
        raise invalid("columns", "This does not belong to hashed. Leave it out.", "unknown_field")
    if not hashed and body.preset is not None:
        raise invalid("preset", f"This does not belong to {body.format}. Leave it out.", "unknown_field")
    shape = Shape(
        as_=body.format,
        columns=tuple(body.columns),
        language=body.language,
        bom=body.bom,
        clear=body.clear,
        agreed=body.agreed,
        preset=body.preset or "",
        ids=tuple(body.ids) if hashed else (),
        device=body.device if hashed else "",
    )
    exports.check(shape, request.staff)
    return shape


@router.post("/exports/preview", **op(MAY, Expected))
def preview_people_export(request: ApiRequest, body: WhomAndWhat) -> Expected:
    """Count the people of a file

    Before it is made: how many would be in it, and how many not, by reason.
    """
    meant = exports.meant(_whom(request, body))
    found = asked_of.forecast(meant, _shape(request, body), request.staff, now=request.now)
    return Expected(people=found.people, inside=found.inside, left_out=dict(found.left_out))


@router.post("/exports", **op(MAY, FileOfPeople, status=201, refusals=("conflict",)))
def start_people_export(request: ApiRequest, body: NewExport) -> FileOfPeople:
    """Make a file of people

    An audience, or whoever fits, as a table, a workbook, or hashed ids. It is made in the background, sealed, and ends
    after three days; at once when somebody in it is erased.
    """
    made = exports.start_export(
        of=_whom(request, body), shape=_shape(request, body), by=request.staff, reason=body.reason, now=request.now
    )
    return get_people_export(request, made.public_id)


@router.get("/exports", **op(MAY, Page[FileOfPeople], refusals=("bad_cursor",)))
def list_people_exports(request: ApiRequest, asked: Query[Listed]) -> Page[FileOfPeople]:
    """List files of people

    The newest first: all of them, or those of the maker of the key, as in the console.
    """
    rows, after = newest(asked_of.exports_of(request.staff), asked)
    return page([shown(of) for of in rows], after)


@router.get("/exports/{people_export_id}", **op(MAY, FileOfPeople))
def get_people_export(request: ApiRequest, people_export_id: str) -> FileOfPeople:
    """Get a file of people

    Ask again every few seconds while it is `running`.
    """
    return shown(one(asked_of.exports_of(request.staff), people_export_id))


@router.get("/exports/{people_export_id}/file", **as_bytes(op(MAY, None)))
def get_people_export_file(request: ApiRequest, people_export_id: str) -> StreamingHttpResponse:
    """Download a file of people

    Until `expires_at`. One with addresses in clear needs the scope people.reveal, too.
    """
    of = one(asked_of.exports_of(request.staff), people_export_id)
    if of.shape.get("clear") and Permission.PEOPLE_REVEAL not in request.scopes:
        raise Problem("missing_scope", "Addresses stand in it in clear: this needs the scope people.reveal, too.")
    if not asked_of.may_read(of, request.staff, request.now):
        raise not_found()
    answer = download(request, exports.read_export(of, now=request.now), f"people.{asked_of.shape_of(of).suffix}")
    exports.note_download(of=of, by=request.staff, now=request.now)
    return answer


def _turned(request: ApiRequest, public_id: str, turn: Callable[..., Export]) -> FileOfPeople:
    turn(of=one(asked_of.exports_of(request.staff), public_id), by=request.staff, now=request.now)
    return get_people_export(request, public_id)


@router.post("/exports/{people_export_id}/stop", **op(MAY, FileOfPeople, refusals=("conflict",)))
def stop_people_export(request: ApiRequest, people_export_id: str) -> FileOfPeople:
    """Stop making a file of people

    After the people who are being written now.
    """
    return _turned(request, people_export_id, exports.stop_export)


@router.post("/exports/{people_export_id}/resume", **op(MAY, FileOfPeople, refusals=("conflict",)))
def resume_people_export(request: ApiRequest, people_export_id: str) -> FileOfPeople:
    """Go on making a file of people

    Where it was stopped or failed.
    """
    return _turned(request, people_export_id, exports.resume_export)


@router.delete("/exports/{people_export_id}", **op(MAY, None, status=204, refusals=("conflict",)))
def remove_people_export(request: ApiRequest, people_export_id: str) -> None:
    """Remove a file of people

    At once and for good, also while it is made. That it was made stays, as `expired`.
    """
    of = one(asked_of.exports_of(request.staff), people_export_id)
    exports.remove_export(of=of, by=request.staff, now=request.now)
