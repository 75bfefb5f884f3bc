"""Files of people in words: how a platform is called, why people were left out, why a file could not be made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from guanxi.audiences.models import Export, ExportState
from guanxi.audiences.queries import exports

TONES = {
    ExportState.DONE: "ok",
    ExportState.FAILED: "danger",
    ExportState.STOPPED: "warn",
    ExportState.RUNNING: "info",
    ExportState.EXPIRED: "",
}
FORMATS: Mapping[str, Any] = {
    "csv": gettext_lazy("Table (CSV)"),
    "xlsx": gettext_lazy("Workbook (XLSX)"),
    "hashed": gettext_lazy("Hashed ids for ads"),
}
PRESETS: Mapping[str, Any] = {
    "sha256": gettext_lazy("Any platform: e-mail, phone"),
    "google": gettext_lazy("Google Customer Match"),
    "meta": gettext_lazy("Meta custom audience"),
    "tencent_phone_sha256": gettext_lazy("Tencent Ads: phone, SHA-256"),
    "tencent_phone_md5": gettext_lazy("Tencent Ads: phone, MD5"),
    "tencent_oaid_md5": gettext_lazy("Tencent Ads: OAID, MD5"),
    "tencent_idfa_md5": gettext_lazy("Tencent Ads: IDFA, MD5"),
    "ocean_phone_sha256": gettext_lazy("Ocean Engine: phone, SHA-256"),
    "ocean_phone_md5": gettext_lazy("Ocean Engine: phone, MD5"),
    "ocean_oaid_md5": gettext_lazy("Ocean Engine: OAID, MD5"),
    "ocean_idfa_md5": gettext_lazy("Ocean Engine: IDFA, MD5"),
    "device_sha256": gettext_lazy("Any platform: device ids"),
}
LEFT_OUT: Mapping[str, Any] = {
    "no_consent": gettext_lazy("did not agree to marketing"),
    "refused": gettext_lazy("said no to marketing"),
    "listed": gettext_lazy("are on the suppression list"),
    "no_id": gettext_lazy("have no such id"),
    "not_there": gettext_lazy("are not there any more, or not for you"),
}
REFUSALS: Mapping[str, Any] = {
    "not_allowed": gettext_lazy("Your role may not take people out as files."),
    "no_reason": gettext_lazy("Choose a reason."),
    "no_columns": gettext_lazy("Tick at least one column."),
    "column_twice": gettext_lazy("Choose each column once."),
    "unknown_column": gettext_lazy("One of these columns is not there any more."),
    "unknown_format": gettext_lazy("Choose one of the list."),
    "unknown_preset": gettext_lazy("Choose one of the list."),
    "unknown_device": gettext_lazy("Choose the kind of id that holds these device ids."),
    "unknown_language": gettext_lazy("Choose one of the list."),
    "no_ids": gettext_lazy("Tick e-mail addresses, phones, or both."),
    "no_reveal": gettext_lazy("Your role sees addresses masked."),
    "too_many": gettext_lazy("Twenty files are being made. Wait until one is ready."),
    "not_running": gettext_lazy("It does not run any more."),
    "not_stopped": gettext_lazy("It is not stopped."),
    "not_there": gettext_lazy("The file is not there any more."),
}
PROBLEMS: Mapping[str, Any] = {
    "rule": gettext_lazy("The rule of the audience does not work any more."),
    "not_allowed": gettext_lazy("Whoever asked for it may not do this any more."),
    "unexpected": gettext_lazy("Something happened that should not; the log of the worker says where."),
}
ENDED: Mapping[str, Any] = {
    "": gettext_lazy("Its three days are over."),
    "removed": gettext_lazy("It was removed by hand."),
    "erased": gettext_lazy("Somebody in it was erased, so the whole file ended. Make it again if you need it."),
}


def whom(of: Export) -> str:
    return of.name or _("People of a list")


def what(of: Export) -> str:
    shape = of.shape
    return str(PRESETS[shape["preset"]] if shape["as_"] == "hashed" else FORMATS[shape["as_"]])


def reasons(counts: Mapping[str, int]) -> list[str]:
    return [
        ngettext("%(n)s person: %(why)s", "%(n)s people: %(why)s", count) % {"n": f"{count:,}", "why": LEFT_OUT[reason]}
        for reason, count in sorted(counts.items())
    ]


def devices() -> list[tuple[str, str]]:
    return exports.devices()
