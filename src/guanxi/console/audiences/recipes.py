"""Ready sentences to begin with: those that the workspace's data can answer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from guanxi.console.audiences.acts import fresh
from guanxi.console.audiences.sketch import MORE, Measure, Row, Sketch, Step, Test, Window
from guanxi.people.models import Field, TraitKind

PAID = Step("order.paid")
NOT_PAID = Row("event", did="did_not", step=PAID)
FRIEND = fresh("tie", "friend")
# In the key or the label of a field that holds a day.
BIRTHDAY = ("birth", "born", "dob", "生日", "出生", "생일", "생년월일")


@dataclass(frozen=True)
class Recipe:
    """`needs`: what must have happened to somebody; `of_birthday`: a field that holds birthdays must be there."""

    title: Any
    needs: tuple[str, ...]
    sketch: Callable[[Here], Sketch]
    of_birthday: bool = False


@dataclass(frozen=True)
class Here:
    """The department that is bought from most, and the key of the field that holds birthdays; "" for none."""

    department: str = ""
    birthday: str = ""


def birthday_field() -> str:
    days = Field.objects.filter(kind=TraitKind.DATE).order_by("pk")
    found = [one for one in days if any(word in f"{one.key} {one.label}".lower() for word in BIRTHDAY)]
    return found[0].key if found else ""


def _of(*rows: Row) -> Callable[[Here], Sketch]:
    return lambda _here: Sketch(rows=rows)


def _last(days: int) -> Window:
    return Window("last_days", days=str(days))


def _regulars(here: Here) -> Sketch:
    bought = Step("product.bought", (Test("prop:department", "is", here.department),))
    often = Row("event", step=bought, having=(Measure(number="3"),), window=_last(90))
    return Sketch(rows=(often, Row("event", did="did_not", step=Step("coupon.redeemed"))))


def _birthday(here: Here) -> Sketch:
    return Sketch(rows=(Row("trait", test=Test(f"trait:{here.birthday}", "this_month")),))


RECIPES: Mapping[str, Recipe] = {
    "regulars": Recipe(
        _("Bought from one department at least 3 times in 90 days, and used no coupon"), ("product.bought",), _regulars
    ),
    "active": Recipe(
        _("Paid for an order in the last 30 days"), ("order.paid",), _of(Row("event", step=PAID, window=_last(30)))
    ),
    "lapsed": Recipe(
        _("Paid for an order once, but not in the last 60 days"),
        ("order.paid",),
        _of(Row("event", step=PAID), Row("event", did="did_not", step=PAID, window=_last(60))),
    ),
    "loyal": Recipe(
        _("Shopped on at least 10 different days in the last 180 days"),
        ("order.paid",),
        _of(Row("event", step=PAID, having=(Measure(unit="days", number="10"),), window=_last(180))),
    ),
    "spenders": Recipe(
        _("Are in the top 5 percent by what they spent in a year"),
        ("order.paid",),
        _of(Row("top", step=PAID, window=_last(365), more=MORE["top"] | {"by": "sum"})),
    ),
    "newcomers": Recipe(
        _("Paid for their first order in the last 30 days"),
        ("order.paid",),
        _of(Row("event", step=PAID, having=(Measure("first_time", window=_last(30)),))),
    ),
    "birthday": Recipe(_("Have their birthday this month"), (), _birthday, of_birthday=True),
    "members": Recipe(
        _("Are members and have not bought for 60 days"),
        ("member.joined", "order.paid"),
        _of(Row("member"), Row("event", did="did_not", step=PAID, window=_last(60))),
    ),
    "strong": Recipe(
        _("Are close to us and have bought nothing in 90 days"),
        ("touch.recorded",),
        _of(fresh("strength"), Row("event", did="did_not", step=PAID, window=_last(90))),
    ),
    "new_friends": Recipe(
        _("Became friends in the last 30 days and have no first order"),
        ("friend.added",),
        _of(Row("event", step=Step("friend.added"), window=_last(30)), NOT_PAID),
    ),
    "friends": Recipe(_("Are friends and have never bought"), ("friend.added",), _of(FRIEND, NOT_PAID)),
    "followers": Recipe(
        _("Follow an account and are nobody's friend"),
        ("friend.followed",),
        _of(fresh("tie", "follow"), Row("tie", negated=True, more=MORE["tie"])),
    ),
    "brought": Recipe(
        _("Were brought by somebody and have not bought yet"),
        ("person.referred",),
        _of(fresh("tie", "referral"), NOT_PAID),
    ),
    "readers": Recipe(
        _("Opened a message and did not buy within 7 days of it"),
        ("message.opened", "order.paid"),
        _of(
            Row(
                "sequence",
                step=Step("message.opened"),
                following=PAID,
                window=_last(90),
                more=MORE["sequence"] | {"gap": "7"},
            )
        ),
    ),
    "back": Recipe(
        _("Got money back in the last 90 days and have bought nothing since 30 days"),
        ("order.refunded",),
        _of(
            Row("event", step=Step("order.refunded"), window=_last(90)),
            Row("event", did="did_not", step=PAID, window=_last(30)),
        ),
    ),
}
FIRST = ("regulars", "active", "lapsed", "loyal")


def offered(happened: Collection[str]) -> dict[str, Any]:
    """Titles by name; where nothing has happened yet, those that a shop asks first."""
    fitting = [name for name, one in RECIPES.items() if all(event in happened for event in one.needs)]
    names = fitting if happened else [*FIRST, "birthday"]
    of_birthday = bool(birthday_field())
    return {name: RECIPES[name].title for name in names if of_birthday or not RECIPES[name].of_birthday}
