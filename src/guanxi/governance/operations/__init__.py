from guanxi.governance.operations.account import PasswordRefused, prove_password, rename, set_password
from guanxi.governance.operations.audit import record
from guanxi.governance.operations.consent import (
    ComplaintStands,
    ConsentLine,
    give_consent,
    record_consents,
    suppress,
    suppress_many,
    take_back_import_consents,
    unsuppress,
    withdraw_consent,
)
from guanxi.governance.operations.sessions import end_other_sessions, end_session
from guanxi.governance.operations.sign_in import (
    LinkRefused,
    check_sign_in_link,
    create_sign_in_link,
    use_password,
    use_sign_in_link,
)
from guanxi.governance.operations.staff import (
    StaffRefused,
    add_staff,
    add_unit,
    beat,
    create_workspace,
    play_forward,
    set_active,
    set_appearance,
)
from guanxi.governance.operations.tries import TooManyTries

__all__ = [
    "ComplaintStands",
    "ConsentLine",
    "LinkRefused",
    "PasswordRefused",
    "StaffRefused",
    "TooManyTries",
    "add_staff",
    "add_unit",
    "beat",
    "check_sign_in_link",
    "create_sign_in_link",
    "create_workspace",
    "end_other_sessions",
    "end_session",
    "give_consent",
    "play_forward",
    "prove_password",
    "record",
    "record_consents",
    "rename",
    "set_active",
    "set_appearance",
    "set_password",
    "suppress",
    "suppress_many",
    "take_back_import_consents",
    "unsuppress",
    "use_password",
    "use_sign_in_link",
    "withdraw_consent",
]
