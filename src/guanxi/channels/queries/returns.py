"""Which message it is that came back."""

from __future__ import annotations

import hmac
from base64 import b32encode

from guanxi.channels.models import Account, Message
from guanxi.kit import crypto

_PREFIX = "msg_"
_SIGNED_BYTES = 10  # 16 letters; a guess is right once in 2^80


def return_token(public_id: str, workspace_id: int) -> str:
    """The message and a signature, 42 letters and digits that mean the same in either case: mail servers change it."""
    return public_id.removeprefix(_PREFIX) + _signature(public_id, workspace_id)


def message_of(account: Account, *, token: str, key: str) -> Message | None:
    """By the token of its return address, or else by its key, which only those know who have got the message."""
    public_id = _PREFIX + token[:-16].lower() if token else key
    if token and not hmac.compare_digest(_signature(public_id, account.workspace_id), token[-16:].lower()):
        return None
    found: Message | None = Message.objects.filter(public_id=public_id, account=account).first()
    return found


def _signature(public_id: str, workspace_id: int) -> str:
    digest = crypto.lookup(workspace_id, "return", public_id)[:_SIGNED_BYTES]
    return b32encode(digest).decode("ascii").lower()
