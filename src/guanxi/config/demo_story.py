"""What the demo workspace consists of besides its shipped data. All of it is invented."""

from __future__ import annotations

from typing import Any

SLUG = "lumen"
NAME = "Lumen Retail"
SETTINGS = {"country": "US", "timezone": "America/New_York", "currency": "USD", "language": "en", "is_demo": True}
OWNER = ("demo@example.test", "Dana Whitfield")

REGIONS = {
    "North Region": ("Harbour Store", "Maple Street Store"),
    "South Region": ("Old Town Store", "Lakeside Store"),
}
STORES = tuple(store for stores in REGIONS.values() for store in stores)

# (e-mail, name, role, unit)
STAFF = (
    ("priya@example.test", "Priya Raman", "manager", "North Region"),
    ("tomas@example.test", "Tomás Ortega", "manager", "South Region"),
    ("yiran@example.test", "何一然", "operator", ""),
    ("grace@example.test", "Grace Bell", "advisor", "Harbour Store"),
    ("siwoo@example.test", "문시우", "advisor", "Maple Street Store"),
    ("meilin@example.test", "唐美琳", "advisor", "Old Town Store"),
    ("jonah@example.test", "Jonah Reyes", "advisor", "Lakeside Store"),
    ("ada@example.test", "Ada Novak", "analyst", ""),
    ("ruth@example.test", "Ruth Okafor", "auditor", ""),
    ("ivan@example.test", "Ivan Petrov", "integrator", ""),
)
ADVISORS = tuple(email for email, _name, role, _unit in STAFF if role == "advisor")

# (kind, name) of accounts of which only ties are kept, and a group chat for each advisor.
TIE_ACCOUNTS = (("wecom", "Lumen on WeCom (invented)"), ("wechat", "Lumen Weekly on WeChat (invented)"))
GROUPS = ("Harbour regulars", "Maple Street kitchen", "老城优惠群", "Lakeside weekend grill")

AUDIENCE_NAME = "Regulars at the meat counter, without coupons"
AUDIENCE_RULE: dict[str, Any] = {
    "version": 1,
    "where": {
        "type": "all",
        "all": [
            {
                "type": "did",
                "event": "event:product.bought",
                "where": [{"type": "prop", "prop": "prop:department", "op": "is", "value": "MEAT"}],
                "having": [{"type": "count", "at_least": 3}],
                "within": {"type": "last_days", "days": 90},
            },
            {"type": "did_not", "event": "event:coupon.redeemed", "within": {"type": "ever"}},
        ],
    },
}

# Tags that rules give over what really was bought: group, whether one of them at the most, and for each tag the name of
# the audience, its rule and the reason.
_PAID: dict[str, Any] = {"type": "did", "event": "event:order.paid"}
_QUARTER = {"type": "last_days", "days": 90}
TAGS: tuple[tuple[str, bool, dict[str, tuple[str, dict[str, Any], str]]], ...] = (
    (
        "Rhythm",
        True,
        {
            "Regular": (
                "Eight orders or more in 90 days",
                _PAID | {"having": [{"type": "count", "at_least": 8}], "within": _QUARTER},
                "Eight orders or more in 90 days",
            ),
            "Gone quiet": (
                "No order in 60 days",
                {
                    "type": "all",
                    "all": [
                        _PAID | {"within": {"type": "ever"}},
                        {"type": "did_not", "event": "event:order.paid", "within": {"type": "last_days", "days": 60}},
                    ],
                },
                "No order in 60 days",
            ),
        },
    ),
    (
        "Habits",
        False,
        {
            "Uses coupons": (
                "Has used a coupon",
                {"type": "did", "event": "event:coupon.redeemed", "within": {"type": "ever"}},
                "Has used a coupon",
            ),
        },
    ),
)

# In the home folder: the inbox of that server.
MAIL_FOLDER = "demo-mail"
ACCOUNT_NAME = "The demo's mail server"
MAIL: dict[str, Any] = {
    "security": "none",
    "sender_name": NAME,
    "sender_address": "hello@lumen.example.test",
    "imprint": "Lumen Retail (invented)\n12 Market Street, Springfield",
}
RETURNED: dict[str, Any] = {
    "return_address": "bounce@lumen.example.test",
    "box_security": "none",
    "box_username": "bounce@lumen.example.test",
    "box_password": "demo",
}

CONTENT_NAME = "A Sunday roast for our regulars"
ENGLISH = """Hello {{ person.name }},

You are at our meat counter so often that we would like to say thank you. Show this message at any Lumen store until
Sunday and the **roast of the week is 20 % off**.

See you soon,
Lumen Retail
"""
CHINESE = """{{ person.name }}，您好：

感谢您常来我们的鲜肉柜台。本周日之前，在任意一家 Lumen 门店出示这封邮件，**本周烤肉立享八折**。

期待您的光临，
Lumen Retail
"""
KOREAN = """{{ person.name }} 님, 안녕하세요.

저희 정육 코너를 자주 찾아 주셔서 감사합니다. 이번 주 일요일까지 Lumen 매장에서 이 메일을 보여 주시면
**이번 주 로스트를 20% 할인**해 드립니다.

곧 뵙겠습니다.
Lumen Retail
"""
VARIANTS = {
    "en": ("A Sunday roast for our regulars, {{ person.name }}", ENGLISH),
    "zh-hans": ("{{ person.name }}，本周末烤肉请您尝鲜", CHINESE),
    "ko": ("{{ person.name }} 님, 이번 주말 로스트를 할인해 드립니다", KOREAN),
}
BROADCAST_NAME = "Thank the regulars at the meat counter"
