"""What the buttons of the builder do to a sketch."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from guanxi.audiences.queries import RuleError
from guanxi.console.audiences.sketch import (
    MORE,
    MOST_DEEP,
    MOST_DETAILS,
    MOST_ROWS,
    ROW,
    Measure,
    Row,
    Sketch,
    Step,
    Test,
)

Rows = tuple[Row, ...]
DETAIL = re.compile(r"(w|n-w|h)(\d{1,2})", re.ASCII)
TICKED = {"role": ("leader",), "strength": ("strong",), "level": ("customer",)}


def changed(sketch: Sketch, act: str) -> Sketch:
    """After a button: `add:<kind>` or `add:<kind>=<what>`, with `:<group>` behind it where one is meant; `remove`,
    `copy`, `up`, `down`, `enclose`, `free` and `turn` with `:<row>`; `narrow`, `narrow_next` and `measure` with
    `:<row>`; `less:<row>:<detail>`, where a detail is `w0`, `n-w0` or `h0`."""
    after = _done(sketch, act)
    return sketch if _too_much(after) else after


def refused(sketch: Sketch, act: str) -> RuleError | None:
    """Why `changed` left the sketch as it was, if the form could not hold what the act would have made of it."""
    return _too_much(_done(sketch, act))


def _too_much(sketch: Sketch) -> RuleError | None:
    waiting, number = [(row, 1) for row in sketch.rows], 0
    while waiting:
        row, depth = waiting.pop()
        number += 1
        if number > MOST_ROWS:
            return RuleError("", "too_many_clauses", "These are too many rows.", {"most": MOST_ROWS})
        if depth > MOST_DEEP:
            return RuleError("", "too_deep", "These rows stand too deep in each other.", {"most": MOST_DEEP})
        if max(len(row.step.where), len(row.following.where), len(row.having)) > MOST_DETAILS:
            return RuleError("", "too_many_values", "These are too many details.", {"most": MOST_DETAILS})
        waiting += [(inner, depth + 1) for inner in row.rows]
    return None


def _done(sketch: Sketch, act: str) -> Sketch:
    verb, _, rest = act.partition(":")
    if verb == "add":
        said, _, group = rest.partition(":")
        kind, _, what = said.partition("=")
        return _added(sketch, fresh(kind, what), group)
    place, _, detail = rest.partition(":")
    path = _path(place)
    if not path or _row(sketch.rows, path) is None:
        return sketch
    if verb == "free":
        return replace(sketch, rows=_freed(sketch.rows, path))
    if verb in MOVES:
        move = MOVES[verb]
        return replace(sketch, rows=_among(sketch.rows, path, move))
    if verb == "less":
        return _row_changed(sketch, path, lambda row: _less(row, detail))
    change = CHANGES.get(verb)
    return _row_changed(sketch, path, change) if change else sketch


def fresh(kind: str, what: str = "") -> Row:
    """A new condition; `what` is the event, the trait, the tag … that it is about."""
    paid = Step(what or "order.paid")
    match kind:
        case "group":
            return Row("group", rows=(Row("event", step=paid),))
        case "trait":
            return Row("trait", test=Test(f"trait:{what}" if what else ""))
        case "tag":
            return Row("tag", of=(what,) if what else ())
        case "tie":
            tie, _, of = what.partition("/")
            return Row("tie", of=(of,) if of else (), more=MORE["tie"] | ({"tie": tie} if tie else {}))
        case "agreed":
            return Row("agreed", more={"agreed": what})
        case "audience":
            return Row("audience", more={"audience": what})
        case "sequence":
            return Row("sequence", step=paid, following=Step("order.paid"), more=MORE["sequence"])
        case "top" | "share":
            return Row(kind, step=paid, more=MORE[kind])
        case "level" | "role" | "strength" | "member":
            return Row(kind, ticked=(what,) if what else TICKED.get(kind, ()))
        case _:
            return Row("event", step=paid)


def _path(place: str) -> list[int]:
    return [int(part) for part in place.split(".")] if ROW.fullmatch(place) else []


def _row(rows: Rows, path: list[int]) -> Row | None:
    first, *rest = path
    if first >= len(rows):
        return None
    return _row(rows[first].rows, rest) if rest else rows[first]


def _added(sketch: Sketch, row: Row, group: str) -> Sketch:
    if not group:
        return replace(sketch, rows=(*sketch.rows, row))
    path = _path(group)
    found = _row(sketch.rows, path) if path else None
    if found is None or found.kind != "group":
        return sketch
    return _row_changed(sketch, path, lambda outer: replace(outer, rows=(*outer.rows, row)))


def _row_changed(sketch: Sketch, path: list[int], change: Callable[[Row], Row]) -> Sketch:
    def put(rows: Rows, at: int) -> Rows:
        return (*rows[:at], change(rows[at]), *rows[at + 1 :])

    return replace(sketch, rows=_among(sketch.rows, path, put))


def _among(rows: Rows, path: list[int], change: Callable[[Rows, int], Rows]) -> Rows:
    """`change` gets the rows among which the last of the path stands, and its place."""
    first, *rest = path
    if not rest:
        return change(rows, first)
    outer = replace(rows[first], rows=_among(rows[first].rows, rest, change))
    return (*rows[:first], outer, *rows[first + 1 :])


def _removed(rows: Rows, at: int) -> Rows:
    return (*rows[:at], *rows[at + 1 :])


def _copied(rows: Rows, at: int) -> Rows:
    return (*rows[: at + 1], rows[at], *rows[at + 1 :])


def _up(rows: Rows, at: int) -> Rows:
    return (*rows[: at - 1], rows[at], rows[at - 1], *rows[at + 1 :]) if at else rows


def _down(rows: Rows, at: int) -> Rows:
    return _up(rows, at + 1) if at + 1 < len(rows) else rows


def _freed(rows: Rows, path: list[int]) -> Rows:
    """Out of its group, behind it; from a group itself, its conditions in its place."""
    row = _row(rows, path)
    assert row is not None
    if row.kind == "group" and row.join in ("all", "any"):
        return _among(rows, path, lambda some, at: (*some[:at], *some[at].rows, *some[at + 1 :]))
    if len(path) == 1:
        return rows
    without = _among(rows, path, _removed)
    return _among(without, path[:-1], lambda some, at: (*some[: at + 1], row, *some[at + 1 :]))


def _enclosed(row: Row) -> Row:
    return Row("group", rows=(row,))


def _turned(row: Row) -> Row:
    if row.kind == "group":
        return replace(row, join={"all": "not_all", "not_all": "all", "any": "none"}.get(row.join, "any"))
    if row.kind == "event" and row.did == "did_not" and not row.negated:
        return replace(row, did="did", having=())
    if row.kind == "event" and not row.having and not row.negated:
        return replace(row, did="did_not")
    return replace(row, negated=not row.negated)


def _less(row: Row, detail: str) -> Row:
    found = DETAIL.fullmatch(detail)
    if found is None:
        return row
    at = int(found[2])
    match found[1]:
        case "w":
            return replace(row, step=replace(row.step, where=_but(row.step.where, at)))
        case "n-w":
            return replace(row, following=replace(row.following, where=_but(row.following.where, at)))
        case _:
            return replace(row, having=(*row.having[:at], *row.having[at + 1 :]))


def _but(where: tuple[Test, ...], at: int) -> tuple[Test, ...]:
    return (*where[:at], *where[at + 1 :])


MOVES: dict[str, Callable[[Rows, int], Rows]] = {"remove": _removed, "copy": _copied, "up": _up, "down": _down}
CHANGES: dict[str, Callable[[Row], Row]] = {
    "enclose": _enclosed,
    "turn": _turned,
    "narrow": lambda row: replace(row, step=replace(row.step, where=(*row.step.where, Test()))),
    "narrow_next": lambda row: replace(row, following=replace(row.following, where=(*row.following.where, Test()))),
    "measure": lambda row: replace(row, having=(*row.having, Measure())),
}


def aimed(act: str, sketch: Sketch) -> str:
    """The place of the condition on which the hands stay after an act, in what the act has made; "" for none."""
    verb, _, rest = act.partition(":")
    if verb == "add":
        _kind, _, group = rest.partition(":")
        path = _path(group)
        outer = _row(sketch.rows, path) if path else None
        rows = outer.rows if outer else sketch.rows
        return ".".join(map(str, [*(path if outer else []), len(rows) - 1])) if rows else ""
    path = _path(rest.partition(":")[0])
    if not path:
        return ""
    if verb == "free" and len(path) > 1:
        path = [*path[:-2], path[-2] + 1]
    path[-1] = max(path[-1] + {"up": -1, "down": 1, "copy": 1}.get(verb, 0), 0)
    while path and _row(sketch.rows, path) is None:
        path = [*path[:-1], path[-1] - 1] if path[-1] else path[:-1]
    return ".".join(map(str, path))
