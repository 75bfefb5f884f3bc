"""How many follow a person on platforms."""

from __future__ import annotations

from datetime import date
from typing import Literal

from ninja import Router
from pydantic import Field

from guanxi.api.access import ApiRequest, op
from guanxi.api.problems import not_found
from guanxi.api.v1.people import found
from guanxi.api.v1.shapes import Day, In, Line, Number, Out
from guanxi.connections import operations as connections
from guanxi.connections import queries
from guanxi.connections.operations import Followers
from guanxi.governance.queries import Permission
from guanxi.people.models import Person

router = Router(tags=["People"])
VIEW, EDIT = Permission.PEOPLE_VIEW, Permission.PEOPLE_EDIT
Platforms = Literal[
    "weibo", "xiaohongshu", "douyin", "kuaishou", "bilibili", "wechat", "zhihu", "naver", "instagram", "youtube",
    "tiktok", "facebook", "x", "other",
]  # fmt: skip


class PlatformOut(Out):
    """What was read there on the newest day."""

    platform: Platforms
    handle: str | None
    followers: int
    as_of: date


class PlatformList(Out):
    """`total` is what the trait `followers_total` holds, too."""

    data: list[PlatformOut]
    total: int


class PlatformIn(In):
    followers: Number = Field(ge=0, le=10**10)
    handle: Line = Field("", max_length=80, description="Empty: the known one stays.")
    as_of: Day | None = Field(None, description="Today, when left out. An older day than the known one does not count.")


def shown(person: Person) -> PlatformList:
    known = queries.platforms_of(person)
    data = [
        PlatformOut(platform=one.platform, handle=one.handle or None, followers=one.followers, as_of=one.as_of)  # type: ignore[arg-type]
        for one in known
    ]
    return PlatformList(data=data, total=sum(one.followers for one in known))


@router.get("/people/{person_id}/platforms", **op(VIEW, PlatformList))
def list_platforms(request: ApiRequest, person_id: str) -> PlatformList:
    """List who follows a person elsewhere

    Followers by platform, the most first.
    """
    return shown(found(request, person_id))


@router.put("/people/{person_id}/platforms/{platform}", **op(EDIT, PlatformList, refusals=("conflict",)))
def note_followers(request: ApiRequest, person_id: str, platform: str, body: PlatformIn) -> PlatformList:
    """Note how many follow a person on a platform

    The sum over all platforms becomes the trait `followers_total`.
    """
    if platform not in Platforms.__args__:  # type: ignore[attr-defined]
        raise not_found()
    person = found(request, person_id)
    as_of = body.as_of or connections.local_day(request.now)
    told = Followers(person.pk, platform, body.handle, body.followers, as_of)
    connections.note_followers(person=person, told=told, now=request.now, source="api")
    return shown(person)


@router.delete("/people/{person_id}/platforms/{platform}", **op(EDIT, None, status=204))
def forget_platform(request: ApiRequest, person_id: str, platform: str) -> None:
    """Forget a platform of a person

    With all that was noted of it.
    """
    if not connections.forget_platform(person=found(request, person_id), platform=platform, now=request.now):
        raise not_found()
