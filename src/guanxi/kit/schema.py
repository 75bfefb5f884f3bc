"""Whether the tables are those that this program was written for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from django.apps import apps
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


@dataclass(frozen=True, slots=True)
class Schema:
    """Names as `room.migration`: `missing` are not applied yet, `unknown` are of a newer Guanxi."""

    missing: list[str]
    unknown: list[str]


@lru_cache(maxsize=1)
def _on_disk() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


def schema() -> Schema:
    """One query. What a library applied once and has folded together since is not unknown."""
    applied, known = set(MigrationRecorder(connection).applied_migrations()), _on_disk()
    unknown = {one for one in applied - known if _is_ours(one[0])}
    return Schema(sorted(".".join(one) for one in known - applied), sorted(".".join(one) for one in unknown))


def _is_ours(label: str) -> bool:
    """A label that nobody here has is a room of a newer Guanxi."""
    found = {config.label: config.name for config in apps.get_app_configs()}
    return label not in found or found[label].startswith("guanxi.")
