"""Whether an account works: its connection, its domain, its keys, and a message to oneself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from pydantic import ValidationError

from guanxi.channels import operations as channels
from guanxi.channels import queries
from guanxi.channels.models import Account, Check, CheckKind, NoticeKind
from guanxi.channels.port import ChannelError, Verdict
from guanxi.channels.registry import Words
from guanxi.console.access import StaffRequest, may
from guanxi.console.errors import bad_request
from guanxi.governance import operations as governance
from guanxi.governance.queries import Permission

RECENTLY = timedelta(days=30)
# verdict → (word, tone, icon)
VERDICTS: dict[str, tuple[Any, str, str]] = {
    Verdict.OK: (gettext_lazy("In order"), "ok", "check"),
    Verdict.MISSING: (gettext_lazy("Missing"), "warn", "triangle-alert"),
    Verdict.WRONG: (gettext_lazy("Wrong"), "danger", "circle-alert"),
    Verdict.UNKNOWN: (gettext_lazy("Could not be looked up"), "", "info"),
    Verdict.NOT_REACHED: (gettext_lazy("Not reached"), "", "minus"),
}


@dataclass(frozen=True)
class Line:
    """A finding in words."""

    title: str
    word: str
    tone: str
    icon: str
    said: str
    advice: str
    record: list[str] | None


@dataclass(frozen=True)
class Shown:
    at: datetime
    lines: list[Line]


def found(public_id: str) -> Account:
    account = Account.objects.filter(public_id=public_id).first()
    if account is None:
        raise Http404
    return account


def shown(check: Check | None) -> Shown | None:
    return Shown(check.at, [_line(one) for one in check.findings]) if check else None


def _line(finding: dict[str, Any]) -> Line:
    word, tone, icon = VERDICTS[finding["verdict"]]
    title, advice = str(finding["title"]), str(finding["advice"])
    return Line(_(title), str(word), tone, icon, finding["said"], _(advice) if advice else "", finding["record"])


def returned(account: Account, now: datetime) -> dict[str, Any]:
    """What came back in the last weeks."""
    try:
        if not queries.collects(account):
            return {}
    except ValidationError:
        return {}
    kinds = dict(NoticeKind.choices)
    found = queries.notices(account, since=now - RECENTLY)
    return {
        "collects": True,
        "reading": queries.reading(account),
        "notices": [(kinds.get(kind, kind), number) for kind, number in found.items()],
    }


def tabs(request: StaffRequest, account: Account, current: str) -> list[dict[str, Any]]:
    """The pages of an account; of a channel without a domain there is one only."""
    pages = [("channel", _("Settings"))]
    if queries.abilities(account) & {"examine", "sign"}:
        pages.append(("channel_domain", _("Domain and signature")))
    return [
        {"label": label, "url": reverse(name, args=[request.workspace.slug, account.public_id]),
         "current": name == current, "count": None}
        for name, label in pages
    ]  # fmt: skip


@may(Permission.CHANNELS_MANAGE)
@require_GET
def domain(request: StaffRequest, public_id: str) -> HttpResponse:
    account = found(public_id)
    abilities = queries.abilities(account)
    if not abilities & {"examine", "sign"}:
        raise Http404
    key, following = queries.signing_keys(account)
    context = {
        "account": account,
        "abilities": abilities,
        "check": shown(queries.check(account, CheckKind.DOMAIN)),
        "key": key,
        "following": following,
        "tabs": tabs(request, account, "channel_domain"),
    }
    return render(request, "settings/domain.html", context)


@may(Permission.CHANNELS_MANAGE)
@require_POST
def check(request: StaffRequest, public_id: str) -> HttpResponse:
    """`kind` says what is checked; the page that it stands on shows what came of it."""
    account = found(public_id)
    checks = {CheckKind.CONNECTION: channels.check_connection, CheckKind.DOMAIN: channels.check_domain}
    kind = request.POST.get("kind", "")
    if kind not in checks:
        return bad_request(request)
    try:
        checks[CheckKind(kind)](account=account, by=request.staff, now=request.now)
    except channels.CannotBeTried:
        raise Http404 from None
    except ValidationError:
        messages.error(request, _("The settings do not fit any more. Correct them and save first."))
    page = "channel" if kind == CheckKind.CONNECTION else "channel_domain"
    return redirect(page, request.workspace.slug, public_id)


@may(Permission.CHANNELS_MANAGE)
@require_POST
def test(request: StaffRequest, public_id: str) -> HttpResponse:
    words = Words(
        subject=_("A message to yourself"),
        text=_("This is a test from Guanxi. Whoever reads it sees that the account works."),
        locale=get_language() or "",
    )
    went, said = sent_to_oneself(request, found(public_id), words)
    (messages.success if went else messages.error)(request, said)
    return redirect("channel", request.workspace.slug, public_id)


def sent_to_oneself(request: StaffRequest, account: Account, words: Words) -> tuple[bool, str]:
    """Whether it went, and what to say about it."""
    try:
        channels.send_to_oneself(account=account, by=request.staff, words=words, now=request.now)
    except governance.TooManyTries:
        return False, _("That was often enough for this hour. Try again later.")
    except ChannelError as refusal:
        return False, _("It was not sent: %(why)s") % {"why": refusal.detail or refusal.category}
    except ValidationError:
        return False, _("The settings do not fit any more. Correct them and save first.")
    return True, _("The mail server accepted it. Look into %(email)s.") % {"email": request.user.email}


@may(Permission.CHANNELS_MANAGE)
@require_POST
def key(request: StaffRequest, public_id: str) -> HttpResponse:
    """`do` is make, use or drop."""
    account = found(public_id)
    acts = {
        "make": (channels.make_key, _("The key pair is made. Publish its record, check it, then use it.")),
        "use": (channels.use_next_key, _("Messages are signed with the new key from now on.")),
        "drop": (channels.drop_next_key, _("The key that was not used is gone.")),
    }
    try:
        act, said = acts[request.POST.get("do", "")]
        act(account=account, by=request.staff, now=request.now)
    except KeyError:
        return bad_request(request)
    except channels.CannotBeTried:
        raise Http404 from None
    messages.success(request, said)
    return redirect("channel_domain", request.workspace.slug, public_id)
