from typing import Annotated

from django.utils.translation import gettext_noop
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from guanxi.channels.plugins.email.message import is_one_line
from guanxi.kit import addresses
from guanxi.kit.net.smtp import Security


def _mailbox(text: str) -> str:
    return addresses.email(text) if text else ""


def _one_line(text: str) -> str:
    if not is_one_line(text):
        raise ValueError("holds a line break or another control character")
    return text


Line = Annotated[str, AfterValidator(_one_line)]


class EmailConfig(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    host: Line = Field(title=gettext_noop("Mail server"), min_length=1, max_length=253)
    port: int = Field(587, title=gettext_noop("Port"), ge=1, le=65535)
    security: Security = Field("starttls", title=gettext_noop("Encryption"))
    username: Line = Field("", title=gettext_noop("User name"))
    password: SecretStr = Field(SecretStr(""), title=gettext_noop("Password"))
    sender_name: Line = Field("", title=gettext_noop("Sender name"), max_length=100)
    sender_address: Annotated[str, AfterValidator(addresses.email)] = Field(
        title=gettext_noop("Sender address"), max_length=150
    )
    reply_to: Annotated[str, AfterValidator(_mailbox)] = Field("", title=gettext_noop("Reply-to address"))
