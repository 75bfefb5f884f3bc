from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from typing import ClassVar

from django.utils.translation import gettext_noop
from pydantic import BaseModel

from guanxi.channels.plugins.email import signing
from guanxi.channels.plugins.email.answers import judged, without_address
from guanxi.channels.plugins.email.config import EmailConfig
from guanxi.channels.plugins.email.domain import examined
from guanxi.channels.plugins.email.mailbox import Mailbox, opened_box
from guanxi.channels.plugins.email.message import Letter, compose
from guanxi.channels.plugins.email.probing import probed
from guanxi.channels.plugins.email.signing import Signature
from guanxi.channels.port import (
    Category,
    DeliveryClass,
    Finding,
    Limits,
    Outbound,
    Receipt,
    Reconnect,
    Retry,
    SigningKey,
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

    def __init__(self, config: EmailConfig) -> None:
        self._config = config
        self.limits = Limits(message_bytes=None, parallel=config.parallel, per_minute=config.per_minute or None)
        self._session: SmtpSession | None = None

    def send(self, outbound: Outbound) -> Receipt:
        config = self._config
        letter = compose(
            outbound,
            sender_name=config.sender_name,
            sender_address=config.sender_address,
            reply_to=config.reply_to,
            now=clock.wall(),
            return_address=config.return_address,
            dkim=Signature(config.dkim_selector, config.dkim_key.get_secret_value()) if config.dkim_selector else None,
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
        return _opened(_ours(config))

    def probe(self, config: BaseModel) -> list[Finding]:
        return probed(_ours(config))

    def examine(self, config: BaseModel, base_url: str) -> list[Finding]:
        return examined(_ours(config), base_url)

    def keys(self, config: BaseModel) -> tuple[SigningKey | None, SigningKey | None]:
        ours = _ours(config)
        return (
            _key(ours.dkim_selector, ours.domain, ours.dkim_key.get_secret_value()),
            _key(ours.next_selector, ours.domain, ours.next_key.get_secret_value()),
        )

    def make_key(self, config: BaseModel, now: datetime) -> dict[str, object]:
        selector = signing.new_selector(now, taken=_ours(config).dkim_selector)
        return {"next_selector": selector, "next_key": signing.new_key()}

    def use_next_key(self, config: BaseModel) -> dict[str, object]:
        ours = _ours(config)
        now_in_use = {"dkim_selector": ours.next_selector, "dkim_key": ours.next_key.get_secret_value()}
        return now_in_use | self.drop_next_key(config) if ours.next_selector else {}

    def drop_next_key(self, config: BaseModel) -> dict[str, object]:
        return {"next_selector": "", "next_key": ""}

    def collects(self, config: BaseModel) -> bool:
        return bool(_ours(config).box_host)

    def open_box(self, config: BaseModel) -> AbstractContextManager[Mailbox]:
        return opened_box(_ours(config))


def _ours(config: BaseModel) -> EmailConfig:
    assert isinstance(config, EmailConfig)
    return config


def _key(selector: str, domain: str, pem: str) -> SigningKey | None:
    return SigningKey(selector=selector, record=signing.record(selector, domain, pem)) if selector else None


@contextmanager
def _opened(config: EmailConfig) -> Iterator[EmailAdapter]:
    adapter = EmailAdapter(config)
    try:
        yield adapter
    finally:
        adapter.close()
