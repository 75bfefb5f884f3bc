"""What the processes say of themselves: one JSON object a line (or plain text), and nobody's personal data.

Words of an exception are left out, its kind and place are told: a database quotes the values that it refused, a parser
what it could not read. An address of ours is told by its route: itself it may hold a token or a search.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import traceback
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from guanxi.kit import scope
from guanxi.kit.scrub import scrubbed

request_id: ContextVar[str] = ContextVar("guanxi_request_id", default="")
"""The request that is being answered, as its answer's X-Request-ID names it."""

TEXT, JSON = "text", "json"
KEPT_PARTS_OF_A_PATH = 3
MOST_FRAMES = 40


def chosen_format() -> str:
    """GUANXI_LOG_FORMAT, or text on a terminal and JSON everywhere else."""
    wanted = os.environ.get("GUANXI_LOG_FORMAT", "")
    return wanted if wanted in (TEXT, JSON) else TEXT if sys.stderr.isatty() else JSON


class Discreet(logging.Filter):
    """Takes out of a record what must not be written, before any formatter sees it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = scrubbed(_message(record)).replace("\n", "\\n"), None
        if record.exc_info and (error := record.exc_info[1]) is not None:
            record.exc_text = "\n".join(_told(error))
        record.exc_info = record.stack_info = None
        return True


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request": request_id.get(),
            "workspace": scope.public_id(),
            "process": _process(),
            "error": record.exc_text,
        }
        return json.dumps({name: value for name, value in line.items() if value}, ensure_ascii=False)


class Plain(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(sep=" ", timespec="seconds")
        where = " ".join(filter(None, (request_id.get(), scope.public_id())))
        line = f"{at} {record.levelname} {record.name} {record.getMessage()}" + (f" [{where}]" if where else "")
        return line + (f"\n{record.exc_text}" if record.exc_text else "")


def formatter(form: str = "") -> logging.Formatter:
    return JsonLines() if (form or chosen_format()) == JSON else Plain()


def config(level: str, quiet: str) -> dict[str, Any]:
    """For `logging.config`: `level` for what is ours, `quiet` for everybody else's."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"discreet": {"()": "guanxi.kit.logs.Discreet"}},
        "formatters": {"lines": {"()": "guanxi.kit.logs.formatter"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines", "filters": ["discreet"]}},
        "root": {"handlers": ["stderr"], "level": quiet},
        "loggers": {
            "guanxi": {"level": level},
            # Django gives these a handler of its own; the server for developers would write whole addresses.
            "django": {"handlers": [], "level": quiet, "propagate": True},
            "django.server": {"handlers": [], "level": "ERROR", "propagate": True},
            # It would write each address that is called, and one may hold a token.
            "httpx": {"level": "WARNING"},
        },
    }


def tell_of_ends() -> None:
    """An error that nobody caught is a log line too, not a traceback with its words."""

    def main_thread(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        logging.getLogger("guanxi").critical("ended by an error", exc_info=error)

    def thread(ended: threading.ExceptHookArgs) -> None:
        logging.getLogger("guanxi").critical("a thread was ended by an error", exc_info=ended.exc_value)

    sys.excepthook, threading.excepthook = main_thread, thread


def _process() -> str:
    return f"{os.environ.get('GUANXI_PROCESS', 'guanxi')}:{os.getpid()}"


def _message(record: logging.LogRecord) -> str:
    request = getattr(record, "request", None)
    if hasattr(request, "resolver_match"):
        match = getattr(request, "resolver_match", None)
        status = getattr(record, "status_code", "")
        return f"{status} {getattr(request, 'method', '')} {getattr(match, 'route', '(no page of ours)')}".strip()
    if isinstance(record.msg, BaseException):
        return _kind(record.msg)
    if isinstance(record.args, tuple):
        record.args = tuple(_kind(one) if isinstance(one, BaseException) else one for one in record.args)
    return record.getMessage()


def _kind(error: BaseException) -> str:
    """The class, and of a database's error its code and the name of what was violated."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    said = getattr(error, "diag", None)
    parts = (getattr(said, part, None) for part in ("sqlstate", "table_name", "column_name", "constraint_name"))
    more = " ".join(str(part) for part in parts if part)
    return f"{name} ({more})" if more else name


def _told(error: BaseException) -> Iterator[str]:
    """The chain of errors, the last first, each with the places that it came through."""
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        yield _kind(at) if len(seen) == 1 else f"after {_kind(at)}"
        for frame in traceback.extract_tb(at.__traceback__)[-MOST_FRAMES:]:
            yield f"  {'/'.join(Path(frame.filename).parts[-KEPT_PARTS_OF_A_PATH:])}:{frame.lineno} {frame.name}"
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
