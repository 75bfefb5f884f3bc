"""What a file of people may hold: who is in it, and how an ad platform wants an address written before it is hashed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

NO_CONSENT, REFUSED, LISTED, NO_ID, NOT_THERE = "no_consent", "refused", "listed", "no_id", "not_there"
DEVICE = "device"
"""Stands for whichever kind of id of this workspace holds device ids."""


CSV, XLSX, HASHED = "csv", "xlsx", "hashed"
FORMATS = (CSV, XLSX, HASHED)


@dataclass(frozen=True, slots=True)
class Shape:
    """What a file holds: `columns` by key, or the `ids` that a `preset` takes.

    `agreed`: only people who agreed to marketing. `clear`: addresses as they are, instead of masked. `language`: of the
    header. `bom`: the mark by which Excel takes a CSV for UTF-8. `device`: the kind whose ids are of devices.
    """

    as_: str = CSV
    columns: tuple[str, ...] = ()
    language: str = "en"
    bom: bool = True
    clear: bool = False
    agreed: bool = False
    preset: str = ""
    ids: tuple[str, ...] = ()
    device: str = ""

    @property
    def hashed(self) -> bool:
        return self.as_ == HASHED

    @property
    def only_agreed(self) -> bool:
        """Hashed ids leave for marketing and nothing else."""
        return self.agreed or self.hashed

    @property
    def suffix(self) -> str:
        return PRESETS[self.preset].suffix if self.hashed else self.as_

    def hashes(self) -> tuple[Hashed, ...]:
        """The columns of the preset that were chosen, a kind of this workspace in place of the word for devices."""
        if not self.hashed:
            return ()
        preset = PRESETS[self.preset]
        chosen = preset.columns if preset.lines else [one for one in preset.columns if one.kind in self.ids]
        return tuple(replace(one, kind=self.device) if one.kind == DEVICE else one for one in chosen)


def left_out(*, agreed: bool, refused: bool, listed: bool) -> str:
    """Why somebody is not handed on for marketing, or "". Of several addresses the strictest counts: a no at one of
    them, or a place on the list of those who get nothing, is a no to all."""
    if refused:
        return REFUSED
    if listed:
        return LISTED
    return "" if agreed else NO_CONSENT


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def as_kept(value: str) -> str:
    """E-mail in lower case, phones as +8613800002210: people are kept so."""
    return value


def google_email(value: str) -> str:
    """developers.google.com/data-manager/api/get-started/formatting: no dots before @gmail.com and @googlemail.com."""
    local, _, domain = value.partition("@")
    return f"{local.replace('.', '')}@{domain}" if domain in ("gmail.com", "googlemail.com") else value


def digits(value: str) -> str:
    """Country code and number without + (facebook.com/business/help/2082575038703844)."""
    return value.lstrip("+")


def chinese_mobile(value: str) -> str:
    """The eleven digits of a mobile number of mainland China, without +86; "" for any other number."""
    number = value.removeprefix("+86")
    return number if len(number) == 11 and number.startswith("1") and value.startswith("+86") else ""


def capitals(value: str) -> str:
    """An IDFA: capitals, with its hyphens (developers.e.qq.com/docs/audience_management/file)."""
    return value.upper()


@dataclass(frozen=True, slots=True)
class Hashed:
    """A column of hashed ids: of which kind, under which name, how written and how hashed."""

    kind: str
    header: str
    written: Callable[[str], str] = as_kept
    digest: Callable[[str], str] = sha256

    def of(self, value: str) -> str:
        """ "" for a value that the platform does not know."""
        written = self.written(value)
        return self.digest(written) if written else ""


@dataclass(frozen=True, slots=True)
class Preset:
    """How one platform takes hashed ids. `lines`: one id a line and no header."""

    key: str
    columns: tuple[Hashed, ...]
    lines: bool = False

    @property
    def suffix(self) -> str:
        return "txt" if self.lines else "csv"

    @property
    def for_devices(self) -> bool:
        return any(one.kind == DEVICE for one in self.columns)


def _lines(key: str, kind: str, written: Callable[[str], str], digest: Callable[[str], str]) -> Preset:
    return Preset(key, (Hashed(kind, key, written, digest),), lines=True)


PRESETS: Mapping[str, Preset] = {
    preset.key: preset
    for preset in (
        Preset("sha256", (Hashed("email", "email_sha256"), Hashed("phone", "phone_sha256"))),
        Preset("google", (Hashed("email", "Email", google_email), Hashed("phone", "Phone"))),
        Preset("meta", (Hashed("email", "email"), Hashed("phone", "phone", digits))),
        _lines("tencent_phone_sha256", "phone", chinese_mobile, sha256),
        _lines("tencent_phone_md5", "phone", chinese_mobile, md5),
        _lines("tencent_oaid_md5", DEVICE, as_kept, md5),
        _lines("tencent_idfa_md5", DEVICE, capitals, md5),
        _lines("ocean_phone_sha256", "phone", chinese_mobile, sha256),
        _lines("ocean_phone_md5", "phone", chinese_mobile, md5),
        _lines("ocean_oaid_md5", DEVICE, as_kept, md5),
        _lines("ocean_idfa_md5", DEVICE, capitals, md5),
        _lines("device_sha256", DEVICE, as_kept, sha256),
    )
}
