"""Liquid with our own variables only. A template can read nothing else, load nothing and never run away."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import cache
from typing import Any, ClassVar, TextIO

from liquid import Environment, StrictUndefined
from liquid.builtin.output import Output, OutputNode
from liquid.context import RenderContext
from liquid.exceptions import (
    BlockNestingError,
    ContextDepthError,
    FilterError,
    LiquidError,
    LocalNamespaceLimitError,
    LoopIterationLimitError,
    OutputStreamLimitError,
    UndefinedError,
    UnknownFilterError,
)
from liquid.stringify import to_liquid_string

MAX_SUBJECT = 200
MAX_BODY = 20_000
TAGS = {"if", "unless", "case", "for", "break", "continue", "assign", "comment", "#", "content", "output", "illegal"}
# No filter that multiplies its input (replace, split, join, times) or reads the clock (date).
FILTERS = {
    "append",
    "capitalize",
    "default",
    "downcase",
    "minus",
    "plus",
    "prepend",
    "remove",
    "size",
    "strip",
    "truncate",
    "truncatewords",
    "upcase",
}
VARIABLES = (
    ("person", "name"),
    ("person", "first_name"),
    ("workspace", "name"),
    ("unsubscribe_url",),
    ("preferences_url",),
)
TOO_MUCH = (
    BlockNestingError,
    ContextDepthError,
    LocalNamespaceLimitError,
    LoopIterationLimitError,
    OutputStreamLimitError,
)
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


class BadTemplate(ValueError):
    """A template that cannot be used; `content.queries.explain` puts it into words.

    `code` is stable: unknown_variable, unknown_filter, unknown_tag (each with `name`), too_long (`most`), too_much,
    empty, syntax. `line` counts from 1; 0 when it is the whole text."""

    def __init__(self, code: str, line: int = 0, name: str = "", most: int = 0) -> None:
        super().__init__(f"{code} {name}".strip() + (f" in line {line}" if line else ""))
        self.code = code
        self.line = line
        self.name = name
        self.most = most


class _Limited(Environment):
    loop_iteration_limit: ClassVar[int | None] = 1_000
    output_stream_limit: ClassVar[int | None] = 100_000
    local_namespace_limit: ClassVar[int | None] = 20_000
    context_depth_limit: ClassVar[int] = 10
    block_nesting_limit: ClassVar[int] = 10


class _EscapedNode(OutputNode):
    """A value is never markup: a name such as `[x](http://…)` stays a name."""

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        text = to_liquid_string(self.expression.evaluate(context), False)
        return buffer.write(_PUNCTUATION.sub(r"\\\1", " ".join(text.split())))


class _Escaped(Output):
    node_class = _EscapedNode


def check(text: str, traits: Collection[str], *, most: int) -> None:
    """Raises BadTemplate for the first thing that would not work for some person."""
    if len(text) > most:
        raise BadTemplate("too_long", most=most)
    try:
        template = _environment(False).from_string(text)
        found = template.analyze()
    except LiquidError as error:
        raise _readable(error) from error
    except RecursionError as error:
        raise BadTemplate("too_much") from error
    for name, spans in found.filters.items():
        if name not in FILTERS:
            raise BadTemplate("unknown_filter", _line(text, spans[0].index), name)
    allowed = {*VARIABLES, *(("person", "traits", key) for key in traits)}
    for variables in found.globals.values():
        for variable in variables:
            path = tuple(part if isinstance(part, str) else None for part in variable.segments)
            if path not in allowed:
                raise BadTemplate("unknown_variable", _line(text, variable.span.index), str(variable))


def variables(text: str) -> list[tuple[str, ...]]:
    """Those that a template reads, as paths, in order. Raises BadTemplate."""
    try:
        found = _environment(False).from_string(text).analyze().globals
    except LiquidError as error:
        raise _readable(error) from error
    paths = [tuple(map(str, variable.segments)) for group in found.values() for variable in group]
    return list(dict.fromkeys(paths))


def render(text: str, values: Mapping[str, Any], *, escaped: bool) -> str:
    """`escaped` for Markdown: punctuation in values loses its meaning there."""
    try:
        return str(_environment(escaped).from_string(text).render(**values))
    except LiquidError as error:
        raise _readable(error) from error
    except RecursionError as error:
        raise BadTemplate("too_much") from error


@cache
def _environment(escaped: bool) -> Environment:
    environment = _Limited(undefined=StrictUndefined)
    for tag in set(environment.tags) - TAGS:
        del environment.tags[tag]
    for name in set(environment.filters) - FILTERS:
        del environment.filters[name]
    if escaped:
        environment.add_tag(_Escaped)
    return environment


def _readable(error: LiquidError) -> BadTemplate:
    place = error.context()
    line = place[0] if place else 0
    message = str(error.message or "")
    match error:
        case UndefinedError():
            return BadTemplate("unknown_variable", line, message.removesuffix(" is undefined").strip("'"))
        case UnknownFilterError():
            return BadTemplate("unknown_filter", line, _quoted(message))
        case _ if isinstance(error, TOO_MUCH):
            return BadTemplate("too_much", line)
        case FilterError():
            return BadTemplate("syntax", line, message[:80])
        case _ if "unknown tag" in message or "unexpected tag" in message:
            return BadTemplate("unknown_tag", line, _quoted(message))
    return BadTemplate("syntax", line, message[:80])


def _quoted(message: str) -> str:
    found = re.search(r"'([^']+)'", message)
    return found[1] if found else message[:40]


def _line(text: str, index: int) -> int:
    return text.count("\n", 0, index) + 1
