"""A change of many people whose worker is killed as the kernel would do it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from guanxi.governance.models import Workspace
from guanxi.kit import bulk, clock, keys
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import Bulk, Person, PersonTag
from tests.factories.people import make_staff

ROOT = Path(__file__).parents[2]
PEOPLE, BEFORE, CHUNK, KILLED_AT = 120, 10, 4, 24


def killed(of: Bulk, column: str) -> int:
    """Let a worker go on until it has dealt with some; gives how many it left behind it."""
    command = [sys.executable, "-m", "tests.people.bulk_worker", str(of.workspace_id), str(CHUNK)]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"})
    deadline = time.monotonic() + 90
    while getattr(of, column) < KILLED_AT:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.005)
        of.refresh_from_db()
    process.kill()
    assert process.wait() == -9
    of.refresh_from_db()
    return int(getattr(of, column))


def finished(of: Bulk) -> None:
    while people.bulk_lane(now=clock.now()):
        pass
    of.refresh_from_db()


def test_tags_of_many_come_once_and_go_back_exactly_however_often_the_worker_is_killed(
    committed_workspace: Workspace,
) -> None:
    now, boss = clock.now(), make_staff("Boss")
    rows = [(keys.new("psn"), f"P{n}", f"p{n}", "visitor", "", "", "", now) for n in range(PEOPLE)]
    columns = ["public_id", "name", "sort_key", "level", "country", "language", "source", "created_at"]
    bulk.insert(Person, columns, rows)
    group = people.create_tag_group(name="Kind", by=boss, now=now)
    [tag] = people.create_tags(group=group, names=["Many"], by=boss, now=now)
    ids = list(Person.objects.order_by("pk").values_list("pk", flat=True))
    people.tag_people(people=ids[:BEFORE], add=[tag], put=people.Put(by=boss), now=now)

    def tagged() -> list[int]:
        return list(PersonTag.objects.filter(tag=tag).order_by("person").values_list("person", flat=True))

    of = people.start_bulk(act="tag", value={"add": [tag.pk], "remove": []}, chosen=queries.Wanted(), by=boss, now=now)
    done = killed(of, "done")
    assert (of.state, KILLED_AT <= done < PEOPLE, tagged()) == ("running", True, ids[:done])
    finished(of)
    assert (of.state, of.done, of.changed, of.skipped) == ("done", PEOPLE, PEOPLE - BEFORE, {"already": BEFORE})
    assert tagged() == ids
    people.undo_bulk(of=of, by=boss, now=now)
    back = killed(of, "restored")
    assert (of.state, tagged()) == ("undoing", [*ids[:BEFORE], *ids[BEFORE + back :]])
    finished(of)
    assert (of.state, of.restored, of.kept, tagged()) == ("undone", PEOPLE - BEFORE, {}, ids[:BEFORE])
