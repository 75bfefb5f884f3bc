"""How words travel: accounts, the governor, the lane that sends, and what recipients answer by their links."""

from guanxi.channels.operations.accounts import (
    AlreadyInstalled,
    BadAccount,
    connect_account,
    edit_account,
    reconnect_account,
    record_account,
    set_account_active,
    set_cap,
)
from guanxi.channels.operations.answers import opened, unsubscribe
from guanxi.channels.operations.claiming import Claim, claim, reconsider, recover
from guanxi.channels.operations.collecting import collect
from guanxi.channels.operations.delivering import deliver
from guanxi.channels.operations.forgetting import forget, in_hand
from guanxi.channels.operations.lane import lane
from guanxi.channels.operations.planning import (
    NotDoubtful,
    cancel,
    count_as_sent,
    hold,
    plan,
    release,
    send,
    send_again,
)
from guanxi.channels.operations.trying import (
    CannotBeTried,
    check_connection,
    check_domain,
    drop_next_key,
    make_key,
    send_to_oneself,
    use_next_key,
)

__all__ = [
    "AlreadyInstalled",
    "BadAccount",
    "CannotBeTried",
    "Claim",
    "NotDoubtful",
    "cancel",
    "check_connection",
    "check_domain",
    "claim",
    "collect",
    "connect_account",
    "count_as_sent",
    "deliver",
    "drop_next_key",
    "edit_account",
    "forget",
    "hold",
    "in_hand",
    "lane",
    "make_key",
    "opened",
    "plan",
    "reconnect_account",
    "reconsider",
    "record_account",
    "recover",
    "release",
    "send",
    "send_again",
    "send_to_oneself",
    "set_account_active",
    "set_cap",
    "unsubscribe",
    "use_next_key",
]
