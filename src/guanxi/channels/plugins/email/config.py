"""The settings of an e-mail account. Those of the section "" are made by the pages themselves, never typed."""

from typing import Annotated, Any

from django.utils.translation import gettext_noop
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from guanxi.channels.plugins.email.message import TOKEN_ROOM, is_one_line
from guanxi.channels.port import TOLD
from guanxi.kit import addresses
from guanxi.kit.net.guard import is_host, is_inside, local_peers
from guanxi.kit.net.smtp import Security

SENDER = gettext_noop("Sender")
SERVER = gettext_noop("Mail server")
RETURNS = gettext_noop("Returned mail")


def _mailbox(text: str) -> str:
    return addresses.email(text) if text else ""


def _return_mailbox(text: str) -> str:
    if text and len(text.rpartition("@")[0]) > TOKEN_ROOM:
        raise PydanticCustomError(
            TOLD, gettext_noop("At most 21 characters before the @: each message adds 43 of its own, and 64 fit.")
        )
    return _mailbox(text)


def _one_line(text: str) -> str:
    if not is_one_line(text):
        raise ValueError("holds a line break or another control character")
    return text


def _few_lines(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > 6 or not all(map(is_one_line, lines)):
        raise PydanticCustomError(TOLD, gettext_noop("At most six lines of plain text."))
    return "\n".join(lines)


Line = Annotated[str, AfterValidator(_one_line)]


def _of(section: str, **more: Any) -> dict[str, Any]:
    return {"section": section, **more}


class EmailConfig(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    sender_name: Line = Field(
        "",
        title=gettext_noop("Sender name"),
        description=gettext_noop("What readers see as the sender: the name of the brand."),
        max_length=100,
        json_schema_extra=_of(SENDER),
    )
    sender_address: Annotated[str, AfterValidator(addresses.email)] = Field(
        title=gettext_noop("Sender address"),
        description=gettext_noop("At a domain of your own. The check-list of the domain tells what to publish for it."),
        max_length=150,
        json_schema_extra=_of(SENDER),
    )
    reply_to: Annotated[str, AfterValidator(_mailbox)] = Field(
        "",
        title=gettext_noop("Reply-to address"),
        description=gettext_noop("Where answers go; empty: to the sender address."),
        json_schema_extra=_of(SENDER),
    )
    imprint: Annotated[str, AfterValidator(_few_lines)] = Field(
        "",
        title=gettext_noop("Who sends it: name and postal address"),
        description=gettext_noop(
            "Stands at the end of each marketing message. Without it none is sent: most laws ask it."
        ),
        max_length=400,
        json_schema_extra=_of(SENDER, lines=4),
    )
    host: Line = Field(
        title=gettext_noop("Server"),
        description=gettext_noop("The name that your provider gives for SMTP, such as smtp.example.com."),
        min_length=1,
        max_length=253,
        json_schema_extra=_of(SERVER),
    )
    port: int = Field(587, title=gettext_noop("Port"), ge=1, le=65535, json_schema_extra=_of(SERVER))
    security: Security = Field("starttls", title=gettext_noop("Encryption"), json_schema_extra=_of(SERVER))
    username: Line = Field("", title=gettext_noop("User name"), json_schema_extra=_of(SERVER))
    password: SecretStr = Field(SecretStr(""), title=gettext_noop("Password"), json_schema_extra=_of(SERVER))
    per_minute: int = Field(
        0,
        title=gettext_noop("Messages a minute, at most"),
        description=gettext_noop("What your provider allows; 0: as many as the server takes."),
        ge=0,
        le=100_000,
        json_schema_extra=_of(SERVER),
    )
    parallel: int = Field(
        4,
        title=gettext_noop("Connections at once"),
        description=gettext_noop("Fewer when the server complains about too many."),
        ge=1,
        le=8,
        json_schema_extra=_of(SERVER),
    )
    return_address: Annotated[str, AfterValidator(_return_mailbox)] = Field(
        "",
        title=gettext_noop("Address for returned mail"),
        description=gettext_noop(
            "bounce@mail.example.com, say: each message leaves as bounce+…@mail.example.com, so that what comes back "
            "tells which one it was. The mailbox must take every address with a plus."
        ),
        max_length=150,
        json_schema_extra=_of(RETURNS),
    )
    box_host: Line = Field(
        "",
        title=gettext_noop("IMAP server"),
        description=gettext_noop("Where that mailbox is read. Empty: returned mail is not read."),
        max_length=253,
        json_schema_extra=_of(RETURNS),
    )
    box_port: int = Field(993, title=gettext_noop("IMAP port"), ge=1, le=65535, json_schema_extra=_of(RETURNS))
    box_security: Security = Field("tls", title=gettext_noop("IMAP encryption"), json_schema_extra=_of(RETURNS))
    box_username: Line = Field(
        "", title=gettext_noop("IMAP user name"), validate_default=True, json_schema_extra=_of(RETURNS)
    )
    box_password: SecretStr = Field(SecretStr(""), title=gettext_noop("IMAP password"), json_schema_extra=_of(RETURNS))
    box_folder: Line = Field(
        "INBOX",
        title=gettext_noop("Folder"),
        description=gettext_noop("Messages that were read are marked as read and stay there."),
        min_length=1,
        max_length=100,
        json_schema_extra=_of(RETURNS),
    )
    dkim_selector: str = Field("", title="DKIM selector", pattern=r"^[a-z0-9-]{0,60}$", json_schema_extra=_of(""))
    dkim_key: SecretStr = Field(SecretStr(""), title="DKIM key", json_schema_extra=_of(""))
    next_selector: str = Field("", title="Next DKIM selector", pattern=r"^[a-z0-9-]{0,60}$", json_schema_extra=_of(""))
    next_key: SecretStr = Field(SecretStr(""), title="Next DKIM key", json_schema_extra=_of(""))

    @field_validator("host", "box_host")
    @classmethod
    def _can_be_dialled(cls, host: str, info: ValidationInfo) -> str:
        """Said to whoever types it; a server that was let in once is not asked again here."""
        if not host or info.field_name not in (info.context or {}).get("typed", ()):
            return host
        if not is_host(host):
            raise PydanticCustomError(TOLD, gettext_noop("Write the name of a server, such as smtp.example.com."))
        if is_inside(host) and host.strip("[]").lower() not in {peer.host for peer in local_peers()}:
            raise PydanticCustomError(
                TOLD,
                gettext_noop(
                    "This is inside our own network, where nothing is dialled. Whoever runs the server can allow a "
                    "mail server on this machine by GUANXI_LOCAL_PEERS."
                ),
            )
        return host

    @field_validator("box_host")
    @classmethod
    def _has_an_address(cls, host: str, info: ValidationInfo) -> str:
        if host and not info.data.get("return_address"):
            raise PydanticCustomError(
                TOLD,
                gettext_noop("Write the address for returned mail as well: it is what comes back to this mailbox."),
            )
        return host

    @field_validator("box_username")
    @classmethod
    def _has_a_login(cls, username: str, info: ValidationInfo) -> str:
        if info.data.get("box_host") and not username:
            raise PydanticCustomError(TOLD, gettext_noop("Write the user name of the mailbox."))
        return username

    @property
    def domain(self) -> str:
        return self.sender_address.rpartition("@")[2]
