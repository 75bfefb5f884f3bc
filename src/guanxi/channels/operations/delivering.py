"""Giving messages to their channels: a bounded pool of threads, each with an adapter and a connection of its own.

Each message: mark it as being sent (committed), let go of the database, call the vendor, write the receipt down. Killed
in between, at most one message a thread is in doubt.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, SimpleQueue
from threading import Event, Lock

from django.db import connection
from django.db.models.functions import Now
from pydantic import BaseModel, ValidationError

from guanxi.channels import queries, registry
from guanxi.channels.models import Account, Message, MessageState
from guanxi.channels.operations import settling
from guanxi.channels.operations.claiming import LEASE
from guanxi.channels.port import Outbound, Reconnect, Refused, Retry, Sends, Unknown, Unsupported
from guanxi.channels.registry import NoWords, Words
from guanxi.governance import queries as governance
from guanxi.governance.models import Purpose, Workspace
from guanxi.kit import scope
from guanxi.kit.apart import apart
from guanxi.people import queries as people

log = logging.getLogger(__name__)

THREADS = 8
RENEW_SECONDS = 60


@dataclass(slots=True)
class Round:
    """The messages of one account that are being sent. `stopped` is set when the account itself is in trouble."""

    account: Account
    config: BaseModel
    workspace: Workspace
    now: datetime
    queue: SimpleQueue[tuple[Message, Outbound]]
    stopped: Event = field(default_factory=Event)
    lock: Lock = field(default_factory=Lock)
    renewed: float = field(default_factory=time.monotonic)

    def next(self) -> tuple[Message, Outbound] | None:
        try:
            return None if self.stopped.is_set() else self.queue.get_nowait()
        except Empty:
            return None

    def rest(self) -> Iterator[Message]:
        while True:
            try:
                yield self.queue.get_nowait()[0]
            except Empty:
                return


def deliver(*, messages: Sequence[Message], now: datetime) -> None:
    """Send claimed messages; returns when each has an outcome or is back in the queue. Not inside a transaction."""
    workspace = Workspace.objects.get(pk=scope.current())
    outbounds = _written(messages, now)
    rounds = [
        each
        for account, letters in _by_account(messages, outbounds).items()
        if (each := _round(account, letters, workspace, now)) is not None
    ]
    with ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="send") as pool:
        futures = [pool.submit(_drain, each) for each in rounds for _ in range(_width(each))]
    for each in rounds:
        settling.give_back(list(each.rest()), due_at=now)
    for future in futures:
        future.result()


def _by_account(
    messages: Sequence[Message], outbounds: Mapping[int, Outbound]
) -> dict[int, list[tuple[Message, Outbound]]]:
    found: dict[int, list[tuple[Message, Outbound]]] = defaultdict(list)
    for message in messages:
        if message.pk in outbounds:
            found[message.account_id].append((message, outbounds[message.pk]))
    return found


def _round(
    account_id: int, letters: Sequence[tuple[Message, Outbound]], workspace: Workspace, now: datetime
) -> Round | None:
    account = Account.objects.get(pk=account_id)
    try:
        config = queries.config_of(account)
    except ValidationError as error:
        settling.note_problem(account, f"settings: {error.errors(include_input=False)[0]['msg']}")
        settling.give_back([message for message, _ in letters], due_at=now)
        return None
    queue: SimpleQueue[tuple[Message, Outbound]] = SimpleQueue()
    for letter in letters:
        queue.put(letter)
    return Round(account, config, workspace, now, queue)


def _width(each: Round) -> int:
    """No more adapters than there are messages, than the vendor takes, or than the pool holds."""
    with registry.plugin(each.account.kind).open(each.config) as adapter:
        return min(THREADS, adapter.limits.parallel, each.queue.qsize())


# What is written


def _written(messages: Sequence[Message], now: datetime) -> dict[int, Outbound]:
    """The whole messages, by id. What cannot be written has failed."""
    by_origin: dict[str, list[Message]] = defaultdict(list)
    for message in messages:
        by_origin[message.origin].append(message)
    addresses = people.addresses_of([one.identity_id for one in messages if one.identity_id is not None])
    outbounds = {}
    for origin, group in by_origin.items():
        words = _words(origin, group)
        for message in group:
            said = words.get(message.pk, NoWords("nothing was written"))
            address = addresses.get(message.identity_id or 0)
            if isinstance(said, NoWords) or address is None:
                reason = said.reason if isinstance(said, NoWords) else "the address can no longer be read"
                settling.fail(message, reason="content", detail=reason, now=now, state=MessageState.CLAIMED)
            else:
                outbounds[message.pk] = _outbound(message, said, address)
    return outbounds


def _words(origin: str, group: Sequence[Message]) -> Mapping[int, Words | NoWords]:
    """When they cannot be written together, each by itself: one that breaks its composer keeps no other back."""
    with apart("words of", origin) as work:
        return registry.composer_of(origin)(group)
    if len(group) == 1:
        return {group[0].pk: NoWords(f"it could not be written ({work.problem})")}
    return {pk: said for message in group for pk, said in _words(origin, [message]).items()}


def _outbound(message: Message, words: Words, address: str) -> Outbound:
    marketing = message.purpose == Purpose.MARKETING
    return Outbound(
        key=message.public_id,
        address=address,
        subject=words.subject,
        text=words.text,
        html=words.html,
        locale=words.locale,
        unsubscribe_url=queries.link(message, "unsubscribe") if marketing else "",
        origin=message.origin,
        return_token=queries.return_token(message.public_id, message.workspace_id),
    )


# What a thread does


def _drain(each: Round) -> None:
    with _own_connection(), governance.entered(each.workspace), _opened(each) as adapter:
        while (letter := each.next()) is not None:
            _renew(each)
            _send(adapter, *letter, each)


@contextmanager
def _own_connection() -> Iterator[None]:
    try:
        yield
    finally:
        connection.close()


@contextmanager
def _opened(each: Round) -> Iterator[Sends]:
    with registry.plugin(each.account.kind).open(each.config) as adapter:
        assert isinstance(adapter, Sends)
        yield adapter


def _begin(message: Message) -> bool:
    """Ours to send from here on; False when it was stopped, held, or taken over by another worker meanwhile."""
    mine = Message.objects.filter(pk=message.pk, state=MessageState.CLAIMED, holder=message.holder)
    return bool(mine.update(state=MessageState.SENDING, lease_until=Now() + LEASE))


def _send(adapter: Sends, message: Message, outbound: Outbound, each: Round) -> None:
    if not _begin(message):
        return
    now = each.now
    try:
        receipt = adapter.send(outbound)
    except Retry as error:
        settling.retry(message, error, now=now)
        if error.category in settling.ACCOUNT_WIDE:
            each.stopped.set()
            settling.give_back(list(each.rest()), due_at=now + error.after)
    except Refused as error:
        settling.refuse(message, error, channel=each.account.kind, now=now)
    except Reconnect as error:
        each.stopped.set()
        settling.note_problem(each.account, error.detail)
        settling.take_back(message, now=now)
        settling.give_back(list(each.rest()), due_at=now)
    except Unsupported as error:
        settling.fail(message, reason="unsupported", detail=error.detail, now=now)
    except Unknown as error:
        settling.doubt(message, error, delivery_class=adapter.delivery_class, now=now)
    except Exception as error:  # a plug-in that breaks on one message: whether it left is not known
        log.exception("message %s broke its channel", message.public_id)
        broken = Unknown(type(error).__name__)
        settling.doubt(message, broken, delivery_class=adapter.delivery_class, now=now)
    else:
        settling.accept(message, receipt, channel=each.account.kind, now=now)


def _renew(each: Round) -> None:
    """A slow channel must not lose what waits in our queue to another worker."""
    with each.lock:
        if time.monotonic() - each.renewed < RENEW_SECONDS:
            return
        each.renewed = time.monotonic()
    mine = Message.objects.filter(account=each.account, state=MessageState.CLAIMED, lease_until__gt=Now())
    mine.update(lease_until=Now() + LEASE)
