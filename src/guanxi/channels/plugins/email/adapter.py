from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import ClassVar

from django.utils.translation import gettext_noop
from pydantic import BaseModel

from guanxi.channels.plugins.email.answers import judged, without_address
from guanxi.channels.plugins.email.config import EmailConfig
from guanxi.channels.plugins.email.message import Letter, compose
from guanxi.channels.port import (
    Category,
    DeliveryClass,
    Limits,
    Outbound,
    Receipt,
    Reconnect,
    Retry,
    Unknown,
    Unsupported,
)
from guanxi.kit import clock
from guanxi.kit.net.guard import Forbidden, Unreachable
from guanxi.kit.net.smtp import Doubtful, Reply, SmtpRefused, SmtpSession, Step, Untrusted, connect_smtp


class EmailAdapter:
    """One SMTP session, made at the first send, reused for the next ones and made anew when the server ended it."""

    # C: SMTP takes no key and cannot be asked. The Message-ID repeats our key, which helps a reader, not the sender.
    delivery_class = DeliveryClass.C
    limits = Limits(message_bytes=None, parallel=4)

    def __init__(self, config: EmailConfig) -> None:
        self._config = config
        self._session: SmtpSession | None = None

    def send(self, outbound: Outbound) -> Receipt:
        config = self._config
        letter = compose(
            outbound,
            sender_name=config.sender_name,
            sender_address=config.sender_address,
            reply_to=config.reply_to,
            now=clock.wall(),
        )
        try:
            reply = self._deliver(letter)
        except SmtpRefused as refusal:
            raise judged(refusal, letter.recipient) from None  # the cause would carry the address into the log
        except Doubtful as lost:
            raise Unknown(str(lost)) from lost
        except (Forbidden, Untrusted) as refusal:
            raise Reconnect(str(refusal)) from refusal
        except Unreachable as failure:
            raise Retry(timedelta(minutes=1), Category.NETWORK, str(failure)) from failure
        return Receipt(
            vendor_id=letter.message_id, detail=without_address(f"{reply.code} {reply.text}", letter.recipient)
        )

    def close(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def _deliver(self, letter: Letter) -> Reply:
        """A session that was idle may have been ended by the server meanwhile: that is no failure of this message."""
        if self._session is not None and self._session.open:
            try:
                return self._transmit(self._session, letter)
            except Unreachable:
                pass
            except SmtpRefused as refusal:
                if refusal.step is not Step.MAIL or refusal.code != 421:
                    raise
        self._session = self._connect()
        return self._transmit(self._session, letter)

    def _transmit(self, session: SmtpSession, letter: Letter) -> Reply:
        if letter.utf8 and not session.offers("smtputf8"):
            raise Unsupported("the mail server takes no addresses beyond ASCII (SMTPUTF8, RFC 6531)")
        return session.send(letter.sender, letter.recipient, letter.content, utf8=letter.utf8)

    def _connect(self) -> SmtpSession:
        return connect_smtp(
            self._config.host,
            self._config.port,
            security=self._config.security,
            username=self._config.username,
            password=self._config.password.get_secret_value(),
        )


class EmailPlugin:
    kind: ClassVar[str] = "email"
    label: ClassVar[str] = gettext_noop("E-mail")
    identity_kind: ClassVar[str] = "email"
    delivery_class: ClassVar[DeliveryClass] = EmailAdapter.delivery_class
    config: ClassVar[type[BaseModel]] = EmailConfig

    def open(self, config: BaseModel) -> AbstractContextManager[EmailAdapter]:
        assert isinstance(config, EmailConfig)
        return _opened(config)


@contextmanager
def _opened(config: EmailConfig) -> Iterator[EmailAdapter]:
    adapter = EmailAdapter(config)
    try:
        yield adapter
    finally:
        adapter.close()
