"""The threads that call endpoints. They know no database: what came of a call waits until the lane writes it down.

So nothing of the database is held while somebody else's server takes its time. The threads are daemons: a worker that
goes does not wait for a slow server, and what was in the air is sent again under the same id.
"""

from __future__ import annotations

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from queue import SimpleQueue
from threading import Condition, Thread

import guanxi
from guanxi.integrations import rules
from guanxi.integrations.rules import Problem, Tried
from guanxi.kit import clock, scrub
from guanxi.kit.net.guard import Forbidden, NetError, Unreachable
from guanxi.kit.net.http import Answer, Client

log = logging.getLogger(__name__)

THREADS = 16
# Slow servers of one workspace cannot take all threads from the others.
THREADS_A_WORKSPACE = 8
TIMEOUT_SECONDS = 20
KEPT_BYTES = 1024
LINGER_SECONDS = 0.01
AGENT = f"Guanxi-Webhooks/{guanxi.__version__}"


@dataclass(frozen=True, slots=True)
class Call:
    """A claimed delivery with all that its thread needs; `lease` tells that it is still ours."""

    workspace: int
    endpoint: int
    delivery: int
    lease: datetime
    url: str
    event: str
    body: str
    secrets: Sequence[str]


@dataclass(frozen=True, slots=True)
class Done:
    call: Call
    tried: Tried


class Callers:
    def __init__(self, client: Client) -> None:
        self._client = client
        self._queue: SimpleQueue[Call] = SimpleQueue()
        self._busy: Counter[int] = Counter()
        self._done: defaultdict[int, list[Done]] = defaultdict(list)
        self._changed = Condition()
        for number in range(THREADS):
            Thread(target=self._work, name=f"webhook-{number}", daemon=True).start()

    def free(self, workspace: int) -> int:
        with self._changed:
            return min(THREADS - self._busy.total(), THREADS_A_WORKSPACE - self._busy[workspace])

    def call(self, calls: Sequence[Call]) -> None:
        """No more than are `free`: a call that waits for a thread would use up its lease."""
        with self._changed:
            self._busy.update(one.workspace for one in calls)
        for one in calls:
            self._queue.put(one)

    def done(self, workspace: int, wait: float = 0) -> list[Done]:
        """What came of the calls of this workspace so far; waits up to so many seconds for the first.

        Quick servers answer almost together, and one turn of the lane writes many receipts as fast as one.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._done[workspace] or not self._busy[workspace], wait)
            if wait and self._done[workspace]:
                self._changed.wait_for(lambda: not self._busy[workspace], LINGER_SECONDS)
            return self._done.pop(workspace, [])

    def _work(self) -> None:
        while True:
            one = self._queue.get()
            try:
                tried = tried_once(self._client, one)
            except Exception:  # a thread that ended would be missing from then on
                log.exception("delivery %s broke its call", one.delivery)
                tried = Tried(problem=Problem.NOT_HTTP)
            with self._changed:
                self._busy[one.workspace] -= 1
                self._done[one.workspace].append(Done(one, tried))
                self._changed.notify_all()


def tried_once(client: Client, one: Call) -> Tried:
    """The signature carries the time on the wall, also in a demo that lives in another: the receiver compares it."""
    started, wall = time.monotonic(), clock.wall()
    headers = rules.headers(one.secrets, event=one.event, timestamp=int(wall.timestamp()), body=one.body)
    told = headers | {"user-agent": AGENT}
    try:
        answer = client.request("POST", one.url, content=one.body.encode(), headers=told, at_most=KEPT_BYTES)
    except NetError as error:
        return Tried(problem=_problem(error), took_ms=_since(started))
    return Tried(
        status=answer.status,
        answer=_kept(answer, [*one.secrets, *headers["webhook-signature"].split(" ")]),
        retry_after=rules.retry_after(answer.headers.get("retry-after"), wall),
        took_ms=_since(started),
    )


def _since(started: float) -> int:
    return int((time.monotonic() - started) * 1000)


def _problem(error: NetError) -> Problem:
    match error:
        case Forbidden():
            return Problem.FORBIDDEN
        case Unreachable():
            return Problem.UNREACHABLE
        case _:
            return Problem.NOT_HTTP


def _kept(answer: Answer, secrets: Sequence[str]) -> str:
    """The beginning of the answer, without what must not be kept: an echo of our request holds our signature."""
    text = answer.body[:KEPT_BYTES].decode(errors="replace")
    for secret in secrets:
        text = text.replace(secret, scrub.HIDDEN)
    return scrub.scrubbed("".join(letter for letter in text if letter.isprintable() or letter in "\n\t"))
