"""The mailbox that returned messages come to."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256

from guanxi.channels.plugins.email import returned
from guanxi.channels.plugins.email.config import EmailConfig
from guanxi.channels.port import Category, Inbound, Reconnect, Retry
from guanxi.kit import clock
from guanxi.kit.net.guard import Forbidden, NetError
from guanxi.kit.net.imap import ImapRefused, ImapSession, connect_imap
from guanxi.kit.net.smtp import Untrusted

log = logging.getLogger(__name__)

SECONDS = 30.0  # for each answer
WHOLE = 240.0  # for one reading: other mailboxes wait for it
PAUSE = timedelta(minutes=5)


class Mailbox:
    def __init__(self, session: ImapSession, return_address: str) -> None:
        self._session, self._return_address = session, return_address
        self._uids: dict[str, int] = {}

    def waiting(self, limit: int) -> Iterator[Inbound]:
        for uid in self._session.unseen()[:limit]:
            raw = self._session.fetch(uid, returned.MOST_BYTES)
            if raw:
                inbound = _read(raw, self._return_address)
                self._uids[inbound.external_id] = uid
                yield inbound

    def settle(self, inbound: Inbound) -> None:
        self._session.mark_seen(self._uids.pop(inbound.external_id))


def _read(raw: bytes, return_address: str) -> Inbound:
    """What no parser foresaw is no notice of ours, and is marked as read like any other."""
    now = clock.wall()
    try:
        return returned.read(raw, return_address=return_address, now=now)
    except Exception:
        log.exception("a message in the bounce mailbox could not be read")
        return Inbound(external_id=sha256(raw).hexdigest(), name="", address="", occurred_at=now)


@contextmanager
def opened_box(config: EmailConfig) -> Iterator[Mailbox]:
    try:
        session = connect_imap(
            config.box_host,
            config.box_port,
            security=config.box_security,
            username=config.box_username,
            password=config.box_password.get_secret_value(),
            folder=config.box_folder,
            timeout=SECONDS,
            whole=SECONDS,
        )
        try:
            with session.within(WHOLE):
                yield Mailbox(session, config.return_address)
        finally:
            session.close()
    except (ImapRefused, Forbidden, Untrusted) as refusal:
        raise Reconnect(str(refusal)[:300]) from refusal
    except NetError as failure:
        raise Retry(PAUSE, Category.NETWORK, str(failure)[:300]) from failure
