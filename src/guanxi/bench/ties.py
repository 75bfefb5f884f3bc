"""Ties of a crowd: the page of a person and an advisor's list of friends among three friendships a person.

Times are of whole requests through the console as its own client, and are printed, never asserted.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import psycopg
from django.conf import settings
from django.urls import reverse
from psycopg import sql

from guanxi.bench import crowd
from guanxi.bench.people import client_of, page_of, row, times
from guanxi.channels import operations as channels
from guanxi.connections.models import Friendship, GroupChat
from guanxi.connections.queries import FriendsWanted, friends_page, waiting_page
from guanxi.governance.models import Staff, Workspace
from guanxi.governance.queries import entered
from guanxi.kit import clock

SIZES = {"small": 50_000, "full": 1_000_000}
FRIENDS_EACH = 3
MEMBERSHIPS = 5  # one for so many people: 200,000 of a million, half of them in one group
ACT = ("connections_friendship", "connections_friendfact", "connections_follow", "connections_groupmembership")

_PEOPLE = """
CREATE TEMPORARY TABLE crowd AS
SELECT row_number() OVER (ORDER BY id) - 1 AS i, id, owner_id, workspace_id FROM people_person
WHERE workspace_id = %(workspace)s
"""
_FRIENDS = """
COPY (
    SELECT workspace_id, 'frd_' || substr(md5(i::text || 'f' || n), 1, 26), id,
           advisors.ids[1 + (i * 7 + i / 13 + n * 61) %% cardinality(advisors.ids)],
           {account},
           (ARRAY['active','active','active','active','active','active','deleted_by_them','deleted_by_us','blocked',
                  'pending'])[1 + (i + n) %% 10],
           (ARRAY['scan','card','group','phone_search','acquisition_link'])[1 + (i * 3 + n) %% 5],
           at, at, at, CASE WHEN i %% 5 = 0 THEN 'likes tea' ELSE '' END, ''
    FROM crowd, generate_series(0, {each} - 1) AS n, (SELECT array_agg(id ORDER BY id) AS ids FROM governance_staff
        WHERE workspace_id = {workspace} AND role = 'advisor') advisors,
        LATERAL (SELECT now() - make_interval(secs => (i * 7919 + n * 104729) %% 90000000)) AS t(at)
) TO STDOUT
"""


def run(size: str) -> list[dict[str, Any]]:
    workspace = crowd.settle(SIZES[size])
    started = time.perf_counter()
    with entered(workspace):
        account = channels.record_account(kind="wecom", name="Crowd on WeCom", now=clock.now())
    load(workspace, account.pk, SIZES[size])
    loaded = time.perf_counter() - started
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    rows = [row("ties: friendships with their facts", SIZES[size] * FRIENDS_EACH / loaded, "rows/s")]
    with entered(workspace):
        asked = list(_asked(workspace.slug))
    return rows + times("ties", asked)


def _asked(slug: str) -> Iterator[tuple[str, Callable[[], object]]]:
    boss, advisor, store = (client_of(f"{one}@example.test") for one in ("boss", "advisor0", "store"))
    friends, people = reverse("friends", args=[slug]), reverse("people", args=[slug])
    one = Staff.objects.get(user__email="advisor0@example.test")
    yield "an advisor's friends", page_of(advisor, friends)
    _, after = friends_page(one, FriendsWanted(), size=1_000)
    yield "an advisor's friends behind 1,000", page_of(advisor, friends, after=after)
    yield "an advisor's friends of a state", page_of(advisor, friends, state="blocked")
    yield "an advisor's people by name", page_of(advisor, people)
    yield "an advisor's people, last seen", page_of(advisor, people, sort="seen")
    waiting = reverse("waiting", args=[slug])
    yield "who waits for an advisor", page_of(advisor, waiting)
    _, behind = waiting_page(one, clock.now())
    yield "who waits for an advisor, the next page", page_of(advisor, waiting, after=behind)
    yield "a store's friends", page_of(store, friends)
    yield "everybody's friends", page_of(boss, friends)
    yield "everybody's friends of a source", page_of(boss, friends, source="group", state="pending")
    yield "one advisor's friends", page_of(boss, friends, advisor=one.public_id)
    friend = Friendship.objects.filter(staff=one, state="active").select_related("person")[5]
    yield "a person's page", page_of(boss, reverse("person", args=[slug, friend.person.public_id]))
    yield "a person's page for their advisor", page_of(advisor, reverse("person", args=[slug, friend.person.public_id]))
    large = GroupChat.objects.order_by("-people").first()
    assert large
    yield f"members of a group of {large.people:,}", page_of(boss, reverse("group", args=[slug, large.public_id]))


def load(workspace: Workspace, account: int, people: int) -> None:
    url = os.environ["GUANXI_DATABASE_OWNER_URL"]
    with closing(psycopg.connect(url, autocommit=True)) as owner, closing(psycopg.connect(url)) as writer:
        dropped = list(crowd.without_indexes(owner, ACT))
        owner.execute(_PEOPLE, {"workspace": workspace.pk})
        named = {"account": sql.Literal(account), "workspace": sql.Literal(workspace.pk)}
        _copy(
            owner,
            writer,
            sql.SQL(_FRIENDS.replace("%%", "%")).format(each=sql.Literal(FRIENDS_EACH), **named),
            "connections_friendship",
            "workspace_id public_id person_id staff_id account_id state source since state_at first_at remark "
            "description",
        )
        writer.commit()
        for statement in _REST:
            owner.execute(sql.SQL(statement).format(most=sql.Literal(MEMBERSHIPS), **named))
        for definition in dropped:
            owner.execute(definition.encode())
    crowd.rest()


_REST = (
    """
INSERT INTO connections_friendfact (workspace_id, friendship_id, kind, at, source, told_by)
SELECT workspace_id, id, CASE WHEN state = 'pending' THEN 'requested' ELSE 'added' END, since, source, 'bench'
FROM connections_friendship WHERE workspace_id = {workspace}
""",
    """
INSERT INTO connections_friendfact (workspace_id, friendship_id, kind, at, source, told_by)
SELECT workspace_id, id, 'half_added', since, source, 'bench'
FROM connections_friendship WHERE workspace_id = {workspace} AND state = 'pending' AND id % 2 = 0
""",
    """
INSERT INTO people_strength (workspace_id, person_id, strong_until, neutral_until)
SELECT workspace_id, id, CASE WHEN i % 3 = 0 THEN at - interval '30 days' END, at
FROM crowd, LATERAL (SELECT now() + make_interval(secs => (i * 7919) % 17280000 - 10368000)) AS t(at)
ON CONFLICT DO NOTHING
""",
    """
INSERT INTO events_fact (workspace_id, event_id, person, name, occurred_at, received_at, source, props, lake_commit)
SELECT person.workspace_id, decode(md5(person.id || 'w' || n), 'hex'), person.id, 'touch.recorded',
       person.last_seen_at - make_interval(days => 3 * n), now(), 'bench',
       jsonb_build_object('kind', (ARRAY['message_in', 'message_out', 'reply', 'meeting', 'message_in'])
                                  [1 + (person.id + n) % 5]), 1
FROM people_person person, generate_series(0, 4) AS n
WHERE person.workspace_id = {workspace} AND person.last_seen_at > now() - interval '30 days'
""",
    """
INSERT INTO connections_follow (workspace_id, public_id, person_id, account_id, first_at, since)
SELECT workspace_id, 'flw_' || substr(md5(i::text), 1, 26), id, {account}, now(), now() FROM crowd WHERE i % 4 = 0
""",
    """
INSERT INTO connections_groupchat (workspace_id, public_id, account_id, external_id, name, notice, owner_id, people,
                                   staff)
SELECT {workspace}, 'grp_' || substr(md5(n::text), 1, 26), {account}, 'wr' || n, 'Group ' || n, '', NULL, 0, 0
FROM generate_series(0, 2000) AS n
""",
    """
INSERT INTO connections_groupmembership (workspace_id, group_id, person_id, first_at, since, joined_by, left_by)
SELECT crowd.workspace_id, chat.id, crowd.id, at, at, 'scan', ''
FROM crowd, LATERAL (SELECT now() - make_interval(secs => crowd.i * 37 % 9000000)) AS t(at),
     LATERAL (SELECT id FROM connections_groupchat WHERE account_id = {account}
              AND external_id = 'wr' || CASE WHEN crowd.i % 10 = 0 THEN 0 ELSE 1 + crowd.i % 2000 END) chat
WHERE crowd.i % {most} = 0
""",
    """
UPDATE connections_groupchat chat SET people = counted.people
FROM (SELECT group_id, count(*) AS people FROM connections_groupmembership GROUP BY group_id) counted
WHERE counted.group_id = chat.id
""",
    """
INSERT INTO connections_referraledge (workspace_id, public_id, bringer_id, brought_id, by, at, is_first)
SELECT one.workspace_id, 'ref_' || substr(md5(one.i::text), 1, 26), bringer.id, one.id, 'card', now(), true
FROM crowd one JOIN crowd bringer ON bringer.i = one.i / 10 WHERE one.i % 10 = 1 AND one.i / 10 <> one.i
""",
)


def _copy(
    reader: psycopg.Connection[Any], writer: psycopg.Connection[Any], select: sql.Composed, table: str, columns: str
) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, columns.split()))
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
    with reader.cursor().copy(select) as read, writer.cursor().copy(into) as write:
        for piece in read:
            write.write(piece)
