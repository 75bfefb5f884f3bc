"""Rules that give tags and roles to whoever is in an audience."""

from __future__ import annotations

from typing import Any

from ninja import Router
from pydantic import Field

from guanxi.api.access import ApiRequest, op
from guanxi.api.problems import invalid
from guanxi.api.v1.fitting import Roles
from guanxi.api.v1.shapes import At, Flag, Id, In, Named, Number, Out, Words, named, one
from guanxi.audiences import operations as audiences
from guanxi.audiences import queries
from guanxi.audiences.models import Audience, TagRule
from guanxi.governance.queries import Permission
from guanxi.people import operations as people
from guanxi.people.models import Tag
from guanxi.people.queries import tags_for

router = Router(tags=["Tags"])
MANAGE = Permission.TAGS_MANAGE


class TagRuleOut(Out):
    """Either `tag` or `role` is what it gives. `people`: how many carry it because of this rule."""

    id: str
    audience: Named
    tag: Named | None
    role: Roles | None
    because: str
    days: int | None = Field(description="Null: as long as they are in the audience.")
    on: bool
    people: int
    looked_at: At | None
    problem: str | None


class TagRuleList(Out):
    data: list[TagRuleOut]


class NewTagRule(In):
    """Either `tag` or `role`."""

    audience: Id("aud")  # type: ignore[valid-type]
    tag: Id("tag") | None = None  # type: ignore[valid-type]
    role: Roles | None = Field(None, description="employee or leader.")
    because: Words = Field(max_length=200)
    days: Number | None = Field(None, ge=1, le=3_650)


class TagRuleSwitch(In):
    on: Flag


def shown(rows: list[TagRule]) -> list[TagRuleOut]:
    given = queries.given_by(rows)
    return [
        TagRuleOut(
            id=row.public_id,
            audience=Named(id=row.audience.public_id, name=row.audience.name),
            tag=None if row.tag.role else named(row.tag),
            role=row.tag.role or None,  # type: ignore[arg-type]
            because=row.because,
            days=row.days,
            on=row.is_on,
            people=given.get(row.pk, 0),
            looked_at=row.looked_at,
            problem=row.problem or None,
        )
        for row in rows
    ]


@router.get("/tag-rules", **op(MANAGE, TagRuleList))
def list_tag_rules(request: ApiRequest) -> TagRuleList:
    """List rules that give tags

    The oldest first; 200 at most.
    """
    return TagRuleList(data=shown(list(queries.tag_rules())))


@router.post("/tag-rules", **op(MANAGE, TagRuleOut, status=201, refusals=("conflict",)))
def make_tag_rule(request: ApiRequest, body: NewTagRule) -> TagRuleOut:
    """Give a tag to whoever is in an audience

    Looked at every ten minutes. What somebody put on or took off by hand stays as they left it.
    """
    audience = Audience.objects.filter(public_id=body.audience).first()
    if audience is None:
        raise invalid("audience", "There is no such audience.", "unknown_id")
    made = audiences.make_tag_rule(
        audience=audience, tag=_target(request, body), because=body.because, days=body.days,
        by=request.staff, now=request.now,
    )  # fmt: skip
    return shown([one(queries.tag_rules(), made.public_id)])[0]


def _target(request: ApiRequest, body: NewTagRule) -> Tag:
    if (body.tag is None) == (body.role is None):
        raise invalid("tag", "Send either tag or role.", "missing")
    if body.role is not None:
        tag: Any = people.role_tag(body.role, now=request.now)
        if tag is None:
            raise invalid("role", "Everybody is a consumer of whom nothing else is said.")
        return tag  # type: ignore[no-any-return]
    found = tags_for(None).filter(public_id=body.tag).first()
    if found is None:
        raise invalid("tag", "There is no such tag.", "unknown_id")
    return found


@router.patch("/tag-rules/{rule_id}", **op(MANAGE, TagRuleOut))
def switch_tag_rule(request: ApiRequest, rule_id: str, body: TagRuleSwitch) -> TagRuleOut:
    """Switch a rule on or off

    Off, the tags that it gave stay.
    """
    row = one(queries.tag_rules(), rule_id)
    audiences.switch_tag_rule(rule=row, on=body.on, by=request.staff, now=request.now)
    return shown([one(queries.tag_rules(), rule_id)])[0]


@router.delete("/tag-rules/{rule_id}", **op(MANAGE, None, status=204))
def remove_tag_rule(request: ApiRequest, rule_id: str) -> None:
    """Delete a rule

    The tags that it gave stay.
    """
    audiences.remove_tag_rule(rule=one(queries.tag_rules(), rule_id), by=request.staff, now=request.now)
