"""The result of a broadcast in sentences that do not promise more than the figures hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.channels.models import SkipReason
from guanxi.channels.port import Category
from guanxi.console.audiences.words import money_text, number
from guanxi.console.templatetags.figures import day
from guanxi.reach.models import Broadcast, BroadcastState
from guanxi.reach.queries import LEAST_BUYERS, LEAST_PEOPLE, Arm, Effect, Sales

FAILURES = {
    Category.HARD_BOUNCE: gettext_lazy("the mailbox does not exist"),
    Category.SOFT_BOUNCE: gettext_lazy("the mailbox takes nothing now"),
    Category.BLOCKED: gettext_lazy("the receiver's server refuses this message"),
    Category.THROTTLED: gettext_lazy("the server wanted fewer messages for too long"),
    Category.CONTENT: gettext_lazy("this message cannot be written or sent as it is"),
    Category.AUTH: gettext_lazy("the account was refused"),
    Category.NETWORK: gettext_lazy("the server was not reached"),
}


@dataclass(frozen=True)
class Told:
    """The effect on sales. `sure`: the interval leaves out zero."""

    headline: str
    detail: str
    sure: bool = False
    sales: Sales | None = None
    reached: str = ""
    held_out: str = ""
    period: str = ""
    others: str = ""


def named(reasons: Mapping[str, int]) -> list[tuple[str, int]]:
    """Reasons with their counts, in words."""
    skips = {reason.value: str(reason.label) for reason in SkipReason}
    failures = {str(category): str(words) for category, words in FAILURES.items()}
    return [(skips.get(one) or failures.get(one) or _("another reason"), count) for one, count in reasons.items()]


def in_words(sales: Sales | None, broadcast: Broadcast) -> Told:
    if sales is None:
        if broadcast.hold_out_percent and broadcast.state == BroadcastState.PLANNING:
            return Told(_("Not known yet"), _("The recipients are being chosen."))
        return Told(_("Not measured"), _("Nobody was held out, so there is nothing to compare with."))
    about = {
        "sales": sales,
        "reached": _per_person(sales.reached, sales.currency),
        "held_out": _per_person(sales.held_out, sales.currency),
        "period": _period(sales),
        "others": _others(sales),
    }
    if sales.effect is None:
        return Told(_("Not enough people yet"), _lacking(sales), **about)  # type: ignore[arg-type]
    headline, detail = _effect(sales.effect, sales.currency)
    return Told(headline, detail, sales.effect.certain, **about)  # type: ignore[arg-type]


def _per_person(arm: Arm, currency: str) -> str:
    return money_text(round(arm.total_minor / arm.people), currency) if arm.people else "–"


def _effect(effect: Effect, currency: str) -> tuple[str, str]:
    signed = _("+%(amount)s a person") if effect.difference_minor > 0 else _("%(amount)s a person")
    interval = {
        "low": money_text(effect.low_minor, currency),
        "high": money_text(effect.high_minor, currency),
    }
    headline = signed % {"amount": money_text(effect.difference_minor, currency)}
    if effect.certain and effect.difference_minor > 0:
        said = _(
            "People who were to get it spent more. "
            "With 95 %% confidence the difference is between %(low)s and %(high)s."
        )
    elif effect.certain:
        said = _(
            "People who were to get it spent less. "
            "With 95 %% confidence the difference is between %(low)s and %(high)s."
        )
    else:
        said = _(
            "This may well be chance: the 95 %% interval reaches from %(low)s to %(high)s, "
            "and so includes no effect at all."
        )
    return headline, said % interval


def _lacking(sales: Sales) -> str:
    """What is needed before anything can be said."""
    smaller, buyers = min(sales.reached.people, sales.held_out.people), sales.reached.buyers + sales.held_out.buyers
    if smaller < LEAST_PEOPLE:
        return _(
            "Each side needs at least %(needed)s people; the smaller one has %(have)s. "
            "Use a larger audience or hold out more."
        ) % {"needed": number(LEAST_PEOPLE), "have": number(smaller)}
    return _(
        "At least %(needed)s people must have bought something since the start; so far %(have)s have. "
        "Look again in some days."
    ) % {"needed": number(LEAST_BUYERS), "have": number(buyers)}


def _period(sales: Sales) -> str:
    first, last = day(sales.since), day(sales.until)
    return _("Purchases minus refunds from %(first)s to %(last)s; it counts for two weeks.") % {
        "first": first,
        "last": last,
    }


def _others(sales: Sales) -> str:
    if not sales.others:
        return ""
    orders = ", ".join(f"{one.currency} × {number(one.orders)}" for one in sales.others)
    return _("Orders in other currencies are not added up: %(orders)s.") % {"orders": orders}
