"""Several change the same audiences at the same moment: none leads back to itself, none is lost, nothing half done."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from guanxi.audiences import operations as audiences
from guanxi.audiences import queries
from guanxi.audiences.models import Audience
from guanxi.audiences.operations import AudienceChanged, AudienceGone, AudienceInUse
from guanxi.audiences.queries import RuleError
from guanxi.governance import queries as governance
from guanxi.governance.models import Workspace
from tests.factories.reach import write_lake

EVERYBODY = {"version": 1, "where": {"type": "level", "levels": ["customer", "fan"]}}


def naming(other: Audience) -> dict[str, Any]:
    return {"version": 1, "where": {"type": "audience", "audience": other.public_id}}


def at_once(workspace: Workspace, acts: Sequence[Callable[[], object]]) -> list[str]:
    start = threading.Barrier(len(acts))
    came: list[str] = []

    def work(act: Callable[[], object]) -> None:
        try:
            with governance.entered(workspace):
                start.wait()
                act()
                came.append("done")
        except RuleError as error:
            came.append(error.code)
        except Exception as error:
            came.append(type(error).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(came)


def test_audiences_that_name_each_other_at_the_same_moment_make_no_ring(
    committed_workspace: Workspace, now: datetime
) -> None:
    write_lake(now)
    for _ in range(3):
        one, other = (audiences.save_audience(name=name, rule=EVERYBODY, by=None, now=now) for name in ("One", "Other"))

        def name(audience: Audience, other: Audience) -> Callable[[], object]:
            rule = naming(other)
            return lambda: audiences.save_audience(name="N", rule=rule, by=None, now=now, audience=audience)

        assert at_once(committed_workspace, [name(one, other), name(other, one)]) == ["cycle", "done"]

        third = audiences.save_audience(name="Third", rule=EVERYBODY, by=None, now=now)
        fourth = audiences.save_audience(name="Fourth", rule=EVERYBODY, by=None, now=now)

        def drop(audience: Audience = third) -> object:
            return audiences.delete_audience(audience=audience, by=None, now=now)

        came = at_once(committed_workspace, [drop, name(fourth, third)])
        assert came in (["AudienceInUse", "done"], ["done", "unknown_audience"])
        for each in Audience.objects.all():
            queries.parse_rule(each.rule, queries.catalogue(), each.public_id)


def test_an_audience_that_was_deleted_meanwhile_is_gone_and_does_not_come_back(
    workspace: Workspace, now: datetime
) -> None:
    write_lake(now)
    kept = audiences.save_audience(name="Kept", rule=EVERYBODY, by=None, now=now)
    held = Audience.objects.get(pk=kept.pk)
    audiences.delete_audience(audience=kept, by=None, now=now)
    acts: list[Callable[[], object]] = [
        lambda: audiences.save_audience(name="Again", rule=EVERYBODY, by=None, now=now, audience=held),
        lambda: audiences.refresh(audience=held, now=now),
        lambda: audiences.fix_audience(audience=held, by=None, now=now),
        lambda: audiences.keep_live(audience=held, every=0, by=None, now=now),
        lambda: audiences.delete_audience(audience=Audience(pk=held.pk), by=None, now=now),
    ]
    for act in acts:
        with pytest.raises(AudienceGone):
            act()
    assert not Audience.objects.exists()


def test_who_saves_over_the_change_of_somebody_else_is_told(workspace: Workspace, now: datetime) -> None:
    write_lake(now)
    kept = audiences.save_audience(name="Kept", rule=EVERYBODY, by=None, now=now)
    seen, later = kept.updated_at, now + timedelta(seconds=9)
    audiences.save_audience(name="First", rule=EVERYBODY, by=None, now=later, audience=kept, seen=seen)
    with pytest.raises(AudienceChanged):
        audiences.save_audience(name="Second", rule=EVERYBODY, by=None, now=later, audience=kept, seen=seen)
    assert Audience.objects.get().name == "First"


def test_an_audience_that_another_names_stays(workspace: Workspace, now: datetime) -> None:
    write_lake(now)
    kept = audiences.save_audience(name="Kept", rule=EVERYBODY, by=None, now=now)
    audiences.save_audience(name="Over it", rule=naming(kept), by=None, now=now)
    with pytest.raises(AudienceInUse):
        audiences.delete_audience(audience=kept, by=None, now=now)
