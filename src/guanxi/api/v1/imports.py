"""Files on their way in: upload, columns, options, check, run; stop, go on, take back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath
from typing import Any, Literal

from django.http import HttpResponse, StreamingHttpResponse
from django.utils import translation
from ninja import File, Form, Query, Router
from ninja.files import UploadedFile
from pydantic import Field

from guanxi.api.access import ApiRequest, op
from guanxi.api.problems import Problem, invalid
from guanxi.api.v1.shapes import At, In, Listed, Out, Page, held, named, newest, one, page, tagged
from guanxi.governance import queries as governance
from guanxi.governance.queries import Permission
from guanxi.kit.spreadsheets import iter_csv
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import Import
from guanxi.people.queries import rejected_rows, rejects_phase, suggested_columns
from guanxi.people.registry import UnknownKind, import_kind, import_kinds

router = Router(tags=["Imports"])
MAY = Permission.PEOPLE_IMPORT
States = Literal["uploaded", "checking", "checked", "running", "cancelled", "done", "failed", "undoing", "undone"]


class Counts(Out):
    created: int
    updated: int
    unchanged: int
    rejected: int


class Reason(Out):
    """Why rows stay out; `example` is the first of them, in words."""

    code: str
    rows: int
    example: str


class ImportOut(Out):
    id: str
    kind: str
    filename: str
    state: States
    sheets: list[str]
    sheet: str | None
    columns: dict[str, str] = Field(description="Column of the file → what it is read as.")
    suggested: dict[str, str] = Field(description="What the columns probably are, until they are chosen.")
    options: dict[str, str]
    check: Counts | None = Field(description="What a run would do.")
    reasons: list[Reason] = Field(description="Why rows stay out, as the check found.")
    rows: int | None
    done_rows: int
    result: Counts | None = Field(description="What the run did so far.")
    problem: str | None
    by: str | None
    created_at: At
    started_at: At | None
    finished_at: At | None


def shown(of: Import, *, whole: bool = True) -> ImportOut:
    """A list leaves out what it would have to guess for each file."""
    report = of.check_report
    return ImportOut(
        id=of.public_id,
        kind=of.kind,
        filename=of.filename,
        state=of.state,  # type: ignore[arg-type]
        sheets=list(of.sheet.get("sheets", ())),
        sheet=of.sheet.get("sheet"),
        columns=of.mapping.get("columns", {}),
        suggested=suggested_columns(of) if whole and not of.mapping else {},
        options=of.options,
        check=Counts(**{name: report[name] for name in Counts.model_fields}) if report else None,
        reasons=_reasons(of) if whole else [],
        rows=of.total_rows,
        done_rows=of.done_rows,
        result=Counts(**{name: getattr(of, name) for name in Counts.model_fields}) if of.started_at else None,
        problem=queries.reason_text(of.kind, of.problem["code"], of.problem.get("params", {})) if of.problem else None,
        by=named(of.by).name if of.by else None,  # type: ignore[union-attr]
        created_at=of.created_at,
        started_at=of.started_at,
        finished_at=of.finished_at,
    )


def _reasons(of: Import) -> list[Reason]:
    first: dict[str, str] = {}
    for row in of.check_report.get("examples", ()):
        first.setdefault(row["reason"], queries.row_reason(of, row["reason"], row["detail"]))
    return [Reason(code=code, rows=rows, example=first.get(code, "")) for code, rows in _counted(of)]


def _counted(of: Import) -> list[tuple[str, int]]:
    return list(of.check_report.get("reasons", {}).items())


class Choice(Out):
    value: str
    label: str


class FieldOfFile(Out):
    key: str
    label: str
    required: bool
    example: str


class OptionOfFile(Out):
    key: str
    label: str
    choices: list[Choice] = Field(description="Empty: any text.")
    default: str


class ImportKindOut(Out):
    key: str
    label: str
    fields: list[FieldOfFile]
    options: list[OptionOfFile]
    takes_traits: bool = Field(description="Other columns may become `trait:<key>`, `new:<kind>` or `id:<kind>`.")


class ImportKindList(Out):
    data: list[ImportKindOut]


@router.get("/import-kinds", **op(MAY, ImportKindList))
def list_import_kinds(request: ApiRequest) -> ImportKindList:
    """What files can come in

    With the fields that a column can be read as, and the questions to answer before the run.
    """
    said = [
        ImportKindOut(
            key=kind.key,
            label=str(kind.label),
            fields=[
                FieldOfFile(key=each.key, label=str(each.label), required=each.required, example=str(each.example))
                for each in kind.fields
            ],
            options=[
                OptionOfFile(
                    key=each.key,
                    label=str(each.label),
                    choices=[Choice(value=one.value, label=str(one.label)) for one in each.choices],
                    default=each.default,
                )
                for each in kind.options
            ],
            takes_traits=kind.takes_traits,
        )
        for kind in import_kinds()
    ]
    return ImportKindList(data=said)


CSV = {"200": {"description": "OK", "content": {"text/csv": {"schema": {"type": "string"}}}}}


def _csv(answer: Any) -> dict[str, Any]:
    answer["openapi_extra"]["responses"] = CSV
    return answer  # type: ignore[no-any-return]


def _no_kind() -> Problem:
    return invalid("kind", "There is no such kind of file. GET /import-kinds names those that there are.")


class SampleAsked(In):
    kind: str = Field(max_length=40, description="As GET /import-kinds names it.")
    language: Literal["en", "zh-hans", "ko"] = "en"


@router.get("/import-kinds/sample", **_csv(op(MAY, None)))
def get_import_sample(request: ApiRequest, asked: Query[SampleAsked]) -> HttpResponse:
    """Download a sample to fill in

    CSV: the names of the columns, and one row as an example.
    """
    try:
        fields = import_kind(asked.kind).fields
    except UnknownKind:
        raise _no_kind() from None
    with translation.override(asked.language):
        content = b"".join(iter_csv([str(each.label) for each in fields], [[str(each.example) for each in fields]]))
    headers = {"Content-Disposition": f'attachment; filename="{asked.kind}.csv"'}
    return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)


@router.get("/imports", **op(MAY, Page[ImportOut], refusals=("bad_cursor",)))
def list_imports(request: ApiRequest, asked: Query[Listed]) -> Page[ImportOut]:
    """List imports

    The newest first. Suggestions and reasons are told of each alone.
    """
    rows, after = newest(Import.objects.select_related("by"), asked)
    return page([shown(of, whole=False) for of in rows], after)


@router.post("/imports", **op(MAY, ImportOut, status=201, thing=True, refusals=("too_large",)))
def upload_import(
    request: ApiRequest,
    file: File[UploadedFile],
    kind: Form[str],
) -> ImportOut:
    """Upload a file

    CSV (UTF-8 or GB18030), XLSX or Parquet, as `multipart/form-data` with `file` and `kind`. Nothing comes in yet.
    """
    try:
        import_kind(kind)
    except UnknownKind:
        raise _no_kind() from None
    of = people.start_import(file=file, filename=file.name or "", kind=kind, by=request.staff, now=request.now)
    return tagged(request, shown(of))


@router.get("/imports/{import_id}", **op(MAY, ImportOut, thing=True))
def get_import(request: ApiRequest, import_id: str) -> ImportOut:
    """Get an import

    Ask again every few seconds while it is `checking`, `running` or `undoing`.
    """
    return tagged(request, shown(one(Import.objects.select_related("by"), import_id)))


class SheetChoice(In):
    sheet: str = Field(max_length=200)


class ColumnChoice(In):
    columns: dict[str, str] = Field(max_length=2_000, description="Column of the file → field; '' leaves it out.")
    places: dict[Literal["corp", "app", "shop"], str] = Field(
        {},
        max_length=3,
        description="Who gave the ids of columns that are read as `id:<kind>`, where their kind has one.",
    )


class OptionChoice(In):
    options: dict[str, str] = Field(max_length=50, description="Answers by key; missing ones get their default.")


def _turned(request: ApiRequest, import_id: str, turn: Callable[[Import], Import]) -> ImportOut:
    return tagged(request, shown(turn(held(Import.objects.select_related("by"), import_id))))


@router.post("/imports/{import_id}/sheet", **op(MAY, ImportOut, thing=True, refusals=("conflict",)))
def choose_sheet(request: ApiRequest, import_id: str, body: SheetChoice) -> ImportOut:
    """Choose the sheet of a workbook

    Columns must be chosen anew.
    """
    return _turned(request, import_id, lambda of: people.choose_sheet(of=of, sheet=body.sheet))


@router.post("/imports/{import_id}/columns", **op(MAY, ImportOut, thing=True, refusals=("conflict",)))
def choose_columns(request: ApiRequest, import_id: str, body: ColumnChoice) -> ImportOut:
    """Choose which column is what

    A field of the kind, `trait:<key>`, `new:text` (or number, date, yes_no) for a new trait, `id:<kind>` for ids of
    another kind, or '' to leave it out.
    """
    return _turned(
        request,
        import_id,
        lambda of: people.choose_columns(
            of=of, columns=body.columns, places={str(name): said for name, said in body.places.items()}
        ),
    )


@router.post("/imports/{import_id}/options", **op(MAY, ImportOut, thing=True, refusals=("conflict",)))
def choose_options(request: ApiRequest, import_id: str, body: OptionChoice) -> ImportOut:
    """Answer the questions of its kind

    What to do with people who are here already, and whether the file proves consent.
    """
    return _turned(request, import_id, lambda of: people.choose_options(of=of, options=body.options))


@router.post("/imports/{import_id}/check", **op(MAY, ImportOut, thing=True, refusals=("conflict",)))
def check_import(request: ApiRequest, import_id: str) -> ImportOut:
    """Rehearse it

    Reads every row and writes none. The state is `checking` until it is `checked`.
    """
    return _turned(request, import_id, lambda of: people.check_import(of=of))


@router.post("/imports/{import_id}/run", **op(MAY, ImportOut, thing=True, refusals=("conflict",)))
def run_import(request: ApiRequest, import_id: str) -> ImportOut:
    """Let the checked rows in

    The state is `running` until it is `done`.
    """
    return _turned(request, import_id, lambda of: people.run_import(of=of, now=request.now, by=request.staff))


@router.post("/imports/{import_id}/stop", **op(MAY, ImportOut, thing=True, refusals=("conflict",)))
def stop_import(request: ApiRequest, import_id: str) -> ImportOut:
    """Stop a check or a run

    After the chunk that is being written; what came in stays.
    """
    return _turned(request, import_id, lambda of: people.cancel_import(of=of))


@router.post("/imports/{import_id}/resume", **op(MAY, ImportOut, thing=True, refusals=("conflict",)))
def resume_import(request: ApiRequest, import_id: str) -> ImportOut:
    """Go on with a stopped or failed import

    Behind the last chunk that came in.
    """
    return _turned(request, import_id, lambda of: people.resume_import(of=of))


@router.post("/imports/{import_id}/undo", **op(MAY, ImportOut, thing=True, refusals=("conflict",)))
def undo_import(request: ApiRequest, import_id: str) -> ImportOut:
    """Take an import back

    Within seven days. What was changed since stays, and is counted.
    """
    return _turned(request, import_id, lambda of: people.undo_import(of=of, now=request.now, by=request.staff))


@router.get("/imports/{import_id}/rejected-rows", **_csv(op(MAY, None)))
def get_rejected_rows(request: ApiRequest, import_id: str) -> StreamingHttpResponse:
    """Download the rows that stayed out

    CSV: the number of the row, the reason in words, then its cells as they were; safe to open in a spreadsheet.
    """
    of = one(Import.objects.all(), import_id)
    workspace = request.workspace

    def pieces() -> Any:
        """They are read after the request, when its scope has ended."""
        with governance.entered(workspace), translation.override("en"):
            header, rows = rejected_rows(of, rejects_phase(of))
            yield from iter_csv(header, rows)

    name = "".join(letter for letter in PurePath(of.filename).stem if letter.isascii() and letter.isalnum()) or "import"
    answer = StreamingHttpResponse(pieces(), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}-rejected.csv"'
    return answer
