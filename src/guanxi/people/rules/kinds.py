"""The kinds of ids there are: whom an id of a kind proves, how it is read, and what is kept of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from guanxi.kit import addresses, cells

PROOF, HOUSEHOLD, DEVICE = "proof", "household", "device"
SEALED, PLAIN, HASHED = "sealed", "plain", "hashed"
ID_LIMIT = 120
PLACE_LIMIT = 64
EMAIL_LIMIT = 254
PHONE_LIMIT = 60


class BadId(ValueError):
    """`reason`: unknown_kind, empty, too_long, control_character, place_missing, place_unknown or bad_<kind>."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Kind:
    """`single`: a person has one of it in a place, so that two of them are two people. `place`: ids of it are only
    unique within a corp, an app or a shop."""

    key: str
    trust: str
    keeps: str = SEALED
    single: bool = False
    place: str = ""

    @property
    def proves(self) -> bool:
        return self.trust == PROOF


BUILT_IN: Mapping[str, Kind] = {
    kind.key: kind
    for kind in (
        Kind("email", PROOF),
        Kind("phone", PROOF),
        Kind("customer_number", PROOF, PLAIN, single=True),
        Kind("shop_customer", PROOF, PLAIN, single=True, place="shop"),
        Kind("wecom", PROOF, SEALED, single=True, place="corp"),
        Kind("unionid", PROOF, HASHED, single=True),
        Kind("openid", PROOF, HASHED, single=True, place="app"),
        Kind("weibo", PROOF, SEALED, single=True),
        Kind("plate", HOUSEHOLD, SEALED),
        Kind("device", DEVICE, HASHED),
        Kind("cookie", DEVICE, HASHED),
    )
}
_SPACES = re.compile(r"[\s·・.-]+")


def _email(text: str, country: str) -> str:
    if len(text) > EMAIL_LIMIT:
        raise BadId("too_long")
    return addresses.email(text)


def _phone(text: str, country: str) -> str:
    if len(text) > PHONE_LIMIT:
        raise BadId("too_long")
    return addresses.phone(text, country)


def _plate(text: str, country: str) -> str:
    value = _SPACES.sub("", cells.plain(text)).upper()
    if not 4 <= len(value) <= 12 or not value.isalnum():
        raise addresses.BadAddress(text)
    return value


READERS: Mapping[str, Callable[[str, str], str]] = {"email": _email, "phone": _phone, "plate": _plate}


@lru_cache(maxsize=65536)
def read_id(kind: str, text: str, country: str) -> str:
    """The one way to write this id, so that equal ids are equal texts. Raises BadId."""
    if cells.has_control(text):
        raise BadId("control_character")
    reader = READERS.get(kind)
    if reader is not None:
        try:
            return reader(text, country)
        except addresses.BadAddress:
            raise BadId(f"bad_{kind}") from None
    value = text.strip() if text.isascii() else cells.plain(text)
    if not value:
        raise BadId("empty")
    if len(value) > ID_LIMIT:
        raise BadId("too_long")
    return value


def read_place(kind: Kind, text: str) -> str:
    """The corp, app or shop that gave an id. Raises BadId."""
    value = cells.plain(text)
    if value and not kind.place:
        raise BadId("place_unknown")
    if kind.place and not value:
        raise BadId("place_missing")
    if len(value) > PLACE_LIMIT:
        raise BadId("too_long")
    if cells.has_control(value):
        raise BadId("control_character")
    return value


def looked_up_as(value: str, within: str) -> str:
    """What the blind index of an id is made of; ids without a place keep the index that they always had."""
    return f"{within}\x1f{value}" if within else value


COLUMN = "id:"
"""A column of a file that holds ids of a kind is read as this and its key."""
CALLED: Mapping[str, tuple[str, ...]] = {
    "shop_customer": (
        *("shop customer", "shop customer number", "shop customer id", "shop member id", "store customer number"),
        *("店铺客户号", "店铺会员号", "店铺客户编号", "门店会员号", "매장 고객번호", "매장 회원번호"),
    ),
    "wecom": (
        *("wecom", "external_userid", "external user id", "wecom id", "wecom external userid", "wework id"),
        *("企业微信", "企微", "企业微信id", "企微id", "外部联系人id", "기업위챗", "위컴", "위컴 id"),
    ),
    "unionid": ("unionid", "union id", "wechat unionid", "微信unionid", "위챗 unionid"),
    "openid": ("openid", "open id", "wechat openid", "微信openid", "公众号openid", "小程序openid", "위챗 openid"),
    "weibo": ("weibo", "weibo uid", "weibo id", "微博", "微博uid", "微博id", "웨이보", "웨이보 id"),
    "plate": (
        *("plate", "plate number", "license plate", "licence plate", "number plate", "car plate", "registration plate"),
        *("车牌", "车牌号", "车牌号码", "차량번호", "차량 번호", "번호판", "자동차 번호"),
    ),
    "device": ("device", "device id", "idfa", "gaid", "oaid", "设备", "设备号", "设备id", "기기", "기기 id"),
    "cookie": ("cookie", "cookie id", "anonymous id", "visitor id", "访客id", "쿠키", "방문자 id"),
}
"""What files call columns of these."""
