"""What a field holds, by its kind and by what it is usually called in English, Chinese and Korean: pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

FIELDS = {
    "birth": (
        *("birthday", "birth date", "date of birth", "dob", "birth", "born", "born on"),
        *("生日", "出生日期", "出生年月日", "出生年月", "出生", "生年月日"),
        *("생일", "생년월일", "출생일", "출생일자", "출생연월일", "출생년월일"),
    ),
    "place": (
        *("postcode", "postal code", "zip", "zip code", "邮编", "邮政编码", "郵編", "郵遞區號", "우편번호"),
        *("city", "town", "place", "home town", "城市", "所在城市", "居住城市", "常住城市", "所在地", "居住地"),
        *("도시", "거주 도시", "거주지", "시군구"),
    ),
    "other": (
        *("address", "street", "street address", "home address", "mailing address", "shipping address"),
        *("地址", "住址", "家庭地址", "家庭住址", "联系地址", "详细地址", "通讯地址", "收货地址", "街道"),
        *("주소", "집 주소", "자택 주소", "상세 주소", "배송지", "배송 주소", "도로명 주소"),
        *("company", "employer", "公司", "公司名称", "单位", "工作单位", "회사", "회사명", "직장"),
    ),
}
"""The best first."""
KINDS = {"birth": ("date", "text"), "place": ("text", "choice", "number"), "other": ("text", "choice")}
_BETWEEN = re.compile(r"[\W_]+")


def meanings(fields: Iterable[tuple[int, str, str, str]]) -> dict[int, str]:
    """`fields`: id, kind, key and label; whichever of the two says what it is. Of several fields that hold the same,
    the one that is called best comes first; a date before a text."""
    known = {_folded(word): (what, rank) for what, words in FIELDS.items() for rank, word in enumerate(words)}
    found: dict[int, tuple[int, int, str]] = {}
    for of, kind, *called in fields:
        means = [known[word] for word in map(_folded, called) if word in known]
        fit = [(KINDS[what].index(kind), rank, what) for what, rank in means if kind in KINDS[what]]
        if fit:
            found[of] = min(fit)
    return {of: what for of, (_kind, _rank, what) in sorted(found.items(), key=lambda item: item[1])}


def _folded(word: str) -> str:
    return _BETWEEN.sub("", word.casefold())
