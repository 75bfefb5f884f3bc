"""Who is in an audience since when, when that is looked at, and lists that stay as they are."""

from __future__ import annotations

from datetime import date

from ninja import Query, Router
from pydantic import Field, StrictInt

from guanxi.api.access import ApiRequest, op
from guanxi.api.v1.audiences import AudienceOut, shown
from guanxi.api.v1.people import person_before
from guanxi.api.v1.shapes import At, In, Listed, Out, Page, held, one, page, tagged
from guanxi.audiences import operations as audiences
from guanxi.audiences import queries
from guanxi.audiences.models import Audience
from guanxi.audiences.operations import A_WEEK
from guanxi.governance.queries import Permission

router = Router(tags=["Audiences"])
VIEW, EDIT = Permission.AUDIENCES_VIEW, Permission.AUDIENCES_EDIT


class RefreshOut(Out):
    """`looked_at` is of how many people it was asked whether they fit, nothing for everybody: of those alone of whom
    something was learnt since the last time. Those of the first look did not enter."""

    size: int
    entered: int
    left: int
    looked_at: int | None


class AudienceMemberOut(Out):
    person: str
    since: At


class KeptAsked(Listed):
    person: str | None = Field(None, max_length=40, description="The id of a person: whether they are in it.")


class SizesAsked(In):
    days: int = Field(90, ge=1, le=731)


class SizeOut(Out):
    """How many it had when it was last looked at on a day of the workspace, and how many came and went on it."""

    day: date
    size: int
    entered: int
    left: int


class SizesOut(Out):
    days: list[SizeOut]


class LiveIn(In):
    every: StrictInt | None = Field(
        description="Minutes between two looks, 0 to follow every change, null to look only when asked.",
        le=A_WEEK,
        ge=0,
    )


@router.post("/audiences/{audience_id}/refresh", **op(VIEW, RefreshOut, refusals=("conflict",)))
def refresh_audience(request: ApiRequest, audience_id: str) -> RefreshOut:
    """Bring an audience up to date

    Its members follow what the lake holds now. Who comes and who goes is told as `audience.entered` and
    `audience.left`.
    """
    done = audiences.refresh(audience=one(Audience.objects.all(), audience_id), now=request.now)
    return RefreshOut(size=done.size, entered=done.entered, left=done.left, looked_at=done.looked_at)


@router.get(
    "/audiences/{audience_id}/members",
    **op(VIEW, Page[AudienceMemberOut], refusals=("bad_cursor",)),
)
def list_audience_members(request: ApiRequest, audience_id: str, asked: Query[KeptAsked]) -> Page[AudienceMemberOut]:
    """Members of an audience

    Those who were in it when it was last brought up to date and whom the maker of the key sees, with since when.
    """
    rows = queries.members_seen(one(Audience.objects.all(), audience_id), request.staff)
    if asked.person:
        rows = rows.filter(person__public_id=asked.person)
    if asked.after:
        rows = rows.filter(person_id__gt=person_before(asked))
    found = list(rows.values_list("person__public_id", "since")[: asked.limit + 1])
    data = [AudienceMemberOut(person=person, since=since) for person, since in found[: asked.limit]]
    return page(data, data[-1].person if len(found) > asked.limit else "")


@router.get("/audiences/{audience_id}/sizes", **op(VIEW, SizesOut))
def list_audience_sizes(request: ApiRequest, audience_id: str, asked: Query[SizesAsked]) -> SizesOut:
    """Size of an audience over time

    A line for each day on which it was looked at, the oldest first.
    """
    rows = queries.sizes(one(Audience.objects.all(), audience_id), days=asked.days, now=request.now)
    return SizesOut(days=[SizeOut(day=row.day, size=row.size, entered=row.entered, left=row.left) for row in rows])


@router.post("/audiences/{audience_id}/fix", **op(EDIT, AudienceOut, thing=True, refusals=("conflict",)))
def fix_audience(request: ApiRequest, audience_id: str) -> AudienceOut:
    """Fix an audience

    From here on it has the people who fit now, whatever they do.
    """
    row = held(Audience.objects.all(), audience_id)
    return tagged(request, shown(audiences.fix_audience(audience=row, by=request.staff, now=request.now)))


@router.post("/audiences/{audience_id}/live", **op(EDIT, AudienceOut, thing=True))
def follow_audience(request: ApiRequest, audience_id: str, body: LiveIn) -> AudienceOut:
    """Let an audience follow its rule

    Also one that was fixed; and say how often it is brought up to date.
    """
    row = held(Audience.objects.all(), audience_id)
    return tagged(
        request, shown(audiences.keep_live(audience=row, every=body.every, by=request.staff, now=request.now))
    )
