"""The workspace itself, and how its staff must sign in."""

from __future__ import annotations

from functools import cache

from babel import Locale
from django.conf import settings
from ninja import Router
from pydantic import Field

from guanxi.api.access import ApiRequest, op
from guanxi.api.problems import invalid
from guanxi.api.v1.shapes import Flag, In, Line, Name, Number, Out, must_match, tagged
from guanxi.commerce import queries as commerce
from guanxi.governance import operations as governance
from guanxi.governance.models import Workspace
from guanxi.governance.queries import Permission

router = Router(tags=["Workspace"])


class SettingsOut(Out):
    """`currency_is_fixed`: it holds money already, and amounts are not converted."""

    id: str
    name: str
    country: str
    timezone: str
    currency: str
    language: str
    needs_second_step: bool
    idle_hours: int = Field(description="Staff who did nothing for so long are signed out.")
    session_days: int = Field(description="Everyone is signed out after so long.")
    currency_is_fixed: bool
    is_demo: bool


class SettingsChange(In):
    """What is left out stays as it is."""

    name: Name | None = None
    country: str | None = Field(None, pattern="^[A-Z]{2}$", description="Reads phones without a country code.")
    timezone: Line | None = Field(None, max_length=60, description="IANA, such as Asia/Shanghai.")
    currency: str | None = Field(None, pattern="^[A-Z]{3}$")
    language: str | None = Field(None, pattern="^[a-z]{2}(-[a-z]{4})?$", description="en, zh-hans or ko.")


class SessionLimits(In):
    idle_hours: Number
    days: Number


class SecondStep(In):
    needed: Flag


@cache
def countries() -> frozenset[str]:
    return frozenset(code for code in map(str, Locale("en").territories) if len(code) == 2 and code.isalpha())


def shown(here: Workspace) -> SettingsOut:
    return SettingsOut(
        id=here.public_id,
        name=here.name,
        country=here.country,
        timezone=here.timezone,
        currency=here.currency,
        language=here.language,
        needs_second_step=here.needs_second_step,
        idle_hours=here.idle_hours,
        session_days=here.session_days,
        currency_is_fixed=commerce.has_money(),
        is_demo=here.is_demo,
    )


def _here(request: ApiRequest) -> Workspace:
    return Workspace.objects.get(pk=request.workspace.pk)


@router.get("/workspace", **op(Permission.WORKSPACE_MANAGE, SettingsOut, thing=True))
def get_workspace(request: ApiRequest) -> SettingsOut:
    """Get the workspace

    Its name, place, money and language, and whether staff need a second step.
    """
    return tagged(request, shown(_here(request)))


@router.patch(
    "/workspace", **op(Permission.WORKSPACE_MANAGE, SettingsOut, thing=True, refusals=("changed_meanwhile", "conflict"))
)
def update_workspace(request: ApiRequest, body: SettingsChange) -> SettingsOut:
    """Change the workspace

    Days begin and end in its time zone. Where money is held already, the currency stays.
    """
    must_match(request, shown(_here(request)))
    if body.country is not None and body.country not in countries():
        raise invalid("country", "There is no such country. It is a code of ISO 3166, such as CN.")
    if body.language is not None and body.language not in dict(settings.LANGUAGES):
        raise invalid("language", "Choose one of " + ", ".join(dict(settings.LANGUAGES)) + ".")
    governance.change_workspace(
        workspace=request.workspace,
        by=request.staff,
        holds_money=commerce.has_money(),
        **body.model_dump(exclude_none=True),
    )
    return tagged(request, shown(_here(request)))


@router.put("/workspace/second-step", **op(Permission.STAFF_ACCESS, SettingsOut, thing=True))
def need_second_step(request: ApiRequest, body: SecondStep) -> SettingsOut:
    """Say whether staff need a second step

    Who has none is led to set it up at the next page.
    """
    governance.need_second_step(workspace=request.workspace, needed=body.needed, by=request.staff)
    return tagged(request, shown(_here(request)))


@router.put("/workspace/session-limits", **op(Permission.STAFF_ACCESS, SettingsOut, thing=True))
def limit_sessions(request: ApiRequest, body: SessionLimits) -> SettingsOut:
    """Say how long staff stay signed in

    Without use, and at all. It holds for everyone from their next page on.
    """
    governance.limit_sessions(workspace=request.workspace, idle_hours=body.idle_hours, days=body.days, by=request.staff)
    return tagged(request, shown(_here(request)))
