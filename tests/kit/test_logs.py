"""Lines that say what happened and never whom it happened to."""

from __future__ import annotations

import io
import json
import logging
from datetime import datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import RequestFactory
from django.urls import resolve

from guanxi.governance import queries as governance
from guanxi.governance.models import User, Workspace
from guanxi.kit import logs
from guanxi.kit.scrub import HIDDEN, scrubbed


def written(form: str, *said: Any, **given: Any) -> str:
    """The line that a logger of ours writes."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.formatter(form))
    handler.addFilter(logs.Discreet())
    logger = logging.Logger("guanxi.test")
    logger.addHandler(handler)
    logger.error(*said, **given)
    return stream.getvalue().removesuffix("\n")


def told(*said: Any, **given: Any) -> dict[str, str]:
    found: dict[str, str] = json.loads(written(logs.JSON, *said, **given))
    return found


def test_a_line_has_time_level_logger_message_request_workspace_and_process(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GUANXI_PROCESS", "worker")
    token = logs.request_id.set("abcdefgh")
    try:
        line = told("lane %s failed", "messages")
        plain = written(logs.TEXT, "lane %s failed", "messages")
    finally:
        logs.request_id.reset(token)
    assert datetime.fromisoformat(line.pop("time")).utcoffset() is not None
    assert line.pop("process").startswith("worker:")
    assert line == {
        "level": "ERROR",
        "logger": "guanxi.test",
        "message": "lane messages failed",
        "request": "abcdefgh",
        "workspace": workspace.public_id,
    }
    assert plain.endswith(f"ERROR guanxi.test lane messages failed [abcdefgh {workspace.public_id}]")


def test_outside_a_request_and_a_workspace_a_line_is_shorter() -> None:
    assert told("up").keys() == {"time", "level", "logger", "message", "process"}


def test_an_error_is_told_by_its_kind_and_place_and_not_in_its_words(db: None) -> None:
    User.objects.create_user(email="emma@secret.example.test")
    try:
        with transaction.atomic():
            User.objects.create_user(email="emma@secret.example.test", name="Emma Fischer")
    except IntegrityError as error:
        line = told("it failed: %s", error, exc_info=True)
        plain = written(logs.TEXT, "it failed: %s", error, exc_info=True)
        assert "emma@secret" in str(error)  # there was something that could have leaked
    assert line["message"] == "it failed: django.db.utils.IntegrityError"
    assert line["error"].splitlines()[0] == "django.db.utils.IntegrityError"
    assert "psycopg.errors.UniqueViolation (23505 governance_user governance_user_email_key)" in line["error"]
    assert "test_logs.py" in line["error"]
    for text in (line["error"], plain):
        assert "emma" not in text.lower()
        assert "fischer" not in text.lower()


def test_an_address_is_told_by_its_route(db: None) -> None:
    request = RequestFactory().get("/sign-in/a-token-that-signs-in?email=emma@example.test")
    known = {"request": request, "status_code": 404}
    assert told("Not Found: %s", request.path, extra=known)["message"] == "404 GET (no page of ours)"
    request.resolver_match = resolve(request.path)
    assert told("Not Found: %s", request.path, extra=known)["message"] == "404 GET sign-in/<str:token>"


def test_a_message_of_several_lines_stays_one_line() -> None:
    assert written(logs.TEXT, "one\ntwo").count("\n") == 0
    assert told("one\ntwo")["message"] == "one\\ntwo"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("to emma.fischer+x@mail.example.test now", f"to {HIDDEN} now"),
        ("tel +86 138 0013 8000, (212) 555-0147", f"tel {HIDDEN}, {HIDDEN}"),
        ("13800138000", HIDDEN),
        ("whsec_AbC/d+e= and Bearer s3cret.t0ken", f"{HIDDEN} and Bearer {HIDDEN}"),
        ("Key (lookup)=(\\x00ff, Emma) already exists.", f"Key (lookup)={HIDDEN} already exists."),
        ("Failing row contains (1, Emma, likes (green) tea).", f"Failing row contains {HIDDEN}."),
        ("GET /w/lumen/people?q=emma HTTP/1.1", f"GET /w/lumen/people{HIDDEN} HTTP/1.1"),
    ],
)
def test_what_looks_like_a_person_or_a_secret_is_hidden(text: str, left: str) -> None:
    assert scrubbed(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "wsp_01m89mm8xqfj4v5ayyggnjxv29",
        "2026-11-25T15:19:15.635484Z",
        "2026-11-25 10:00",
        "1,204 rows in 12.5 s",
        "lane messages failed in workspace wsp_01k9",
        "is the lake late?",
    ],
)
def test_what_is_nobody_stays(text: str) -> None:
    assert scrubbed(text) == text


def test_the_scope_of_a_workspace_names_it(workspace: Workspace) -> None:
    with governance.entered(workspace):
        assert told("x")["workspace"] == workspace.public_id
