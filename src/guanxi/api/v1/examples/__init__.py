"""One example of each request and each answer. A test sends every one of them, so none of them lies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guanxi.api.v1.examples import (
    audiences,
    house,
    imports,
    integrations,
    merges,
    people,
    personal,
    roles,
    sending,
    tags,
    ties,
)
from guanxi.api.v1.examples.example import Example

_SUBJECTS = (people, roles, merges, personal, tags, ties, imports, audiences, sending, integrations, house)
REQUESTS: Mapping[str, Example] = {name: one for subject in _SUBJECTS for name, one in subject.REQUESTS.items()}
ANSWERS: Mapping[str, Any] = {name: one for subject in _SUBJECTS for name, one in subject.ANSWERS.items()}
