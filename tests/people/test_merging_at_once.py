"""Several decide about the same people at the same moment: one is first, the others are told, nobody is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest
from django.db import connection

from guanxi.governance import queries as governance
from guanxi.governance.models import Workspace
from guanxi.people import operations as people
from guanxi.people.models import Identity, Merge, Person, PersonTag
from guanxi.people.operations.people_kind import PeopleKind
from tests.factories.people import checked, csv_file, make_person, uploaded


def at_once(workspace: Workspace, acts: Sequence[Callable[[], object]]) -> list[str]:
    """What came of each: done, or why it was refused."""
    start = threading.Barrier(len(acts))
    came: list[str] = []

    def work(act: Callable[[], object]) -> None:
        try:
            with governance.entered(workspace):
                start.wait()
                act()
                came.append("done")
        except people.MergeRefused as refused:
            came.append(refused.reason)
        except Exception as error:
            came.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(came)


def test_of_two_who_merge_the_same_pair_one_is_told_that_it_is_gone(
    committed_workspace: Workspace, now: datetime
) -> None:
    for turn in range(4):
        one, other, third = (make_person(f"P{turn}{n}", now=now) for n in range(3))

        def act(keep: Person, drop: Person) -> Callable[[], object]:
            return lambda: people.merge_people(keep=keep, drop=drop, by=None, now=now)

        came = at_once(committed_workspace, [act(one, other), act(other, one), act(one, other)])
        assert came == ["done", "gone", "gone"]
        merge = Merge.objects.get(undone_at=None, drop__in=[one, other])
        stays, left = merge.keep, merge.drop
        assert Person.objects.get(pk=stays.pk).merged_into_id is None

        def undo(merge: Merge = merge) -> object:
            return people.undo_merge(merge=merge, by=None, now=now)

        came = at_once(committed_workspace, [undo, undo, act(third, stays), act(stays, third)])
        assert came == ["done", "done", "gone", "undone"]
        standing = set(
            Person.objects.filter(pk__in=[stays.pk, third.pk], merged_into=None).values_list("pk", flat=True)
        )
        assert len(standing) == 1
        assert Person.objects.get(pk=left.pk).merged_into_id is None


def test_two_who_become_one_while_a_file_of_people_comes_in_lose_nothing(
    committed_workspace: Workspace, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, drop = (make_person(name, now=now, identities={"customer_number": name}) for name in ("C-1", "C-2"))
    planned, merged = threading.Event(), threading.Event()
    plan = PeopleKind.plan

    def slowly(self: PeopleKind, ready: Any, context: Any) -> Any:
        made = plan(self, ready, context)
        planned.set()
        merged.wait(0.7)
        return made

    file = csv_file(["customer_number", "email", "tags"], ["C-2", "two@example.test", "VIP"])
    columns = {name: name for name in ("customer_number", "email", "tags")}
    of = checked(uploaded(file, columns, now=now), now)
    monkeypatch.setattr(PeopleKind, "plan", slowly)

    def bring() -> None:
        people.run_import(of=of, now=now)
        people.work_import(import_id=of.pk, now=now)

    def merge() -> None:
        assert planned.wait(10)
        people.merge_people(keep=keep, drop=drop, by=None, now=now)
        merged.set()

    assert at_once(committed_workspace, [bring, merge]) == ["done", "done"]
    of.refresh_from_db()
    assert (of.state, of.updated) == ("done", 1)
    assert set(Identity.objects.values_list("person", flat=True)) == {keep.pk}
    assert set(PersonTag.objects.values_list("person", flat=True)) == {keep.pk}
