"""How strength is counted in the workspace, and what another way of counting would move."""

from __future__ import annotations

from typing import Annotated, Literal

from ninja import Router
from pydantic import Field

from guanxi.api.access import ApiRequest, op
from guanxi.api.v1.shapes import At, In, Named, Out, must_match, named, naming, tagged
from guanxi.api.v1.strengths import Bands, called, kept
from guanxi.connections import operations as connections
from guanxi.connections import queries
from guanxi.connections.queries import NoFit, StrengthValues, Worth
from guanxi.governance.queries import Permission

router = Router(tags=["Workspace"])
MAY = Permission.WORKSPACE_MANAGE
Figure = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Weight = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0, le=10)]
Days = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=1, le=3_650)]


class Weights(Out):
    reply: float
    message_in: float
    message_out: float
    visit: float
    share: float
    referral: float
    order: float
    meeting: float
    complaint_resolved: float


class HalfLives(Out):
    employee: float
    consumer: float
    leader: float


class StrengthRulesOut(Out):
    """`half_lives` in days; `reciprocal` is a factor, `per_channel` what each further channel adds to it."""

    weights: Weights
    half_lives: HalfLives
    reciprocal: float
    per_channel: float
    weak_below: float
    strong_above: float
    version: int
    changed_at: At | None
    by: Named | None


class WeightsIn(In):
    reply: Weight | None = None
    message_in: Weight | None = None
    message_out: Weight | None = None
    visit: Weight | None = None
    share: Weight | None = None
    referral: Weight | None = None
    order: Weight | None = None
    meeting: Weight | None = None
    complaint_resolved: Weight | None = None


class HalfLivesIn(In):
    employee: Days | None = None
    consumer: Days | None = None
    leader: Days | None = None


class StrengthRulesIn(In):
    """What is left out is as usual, so an empty body brings all back to the usual."""

    weights: WeightsIn = WeightsIn()
    half_lives: HalfLivesIn = HalfLivesIn()
    reciprocal: Figure | None = Field(None, ge=1, le=3)
    per_channel: Figure | None = Field(None, ge=0, le=1)
    weak_below: Figure | None = Field(None, ge=0.01, le=0.99)
    strong_above: Figure | None = Field(None, ge=0.01, le=0.99)

    def rules(self) -> StrengthValues:
        given = self.model_dump(exclude_none=True)
        lives = {kept(role): days for role, days in given.pop("half_lives").items()}
        return queries.strength_of({**given.pop("weights"), **lives, **given})


class MoveOut(Out):
    before: Bands
    after: Bands
    people: int


class MoverOut(Out):
    person: Named
    before: Bands
    after: Bands
    strength_before: float
    strength_after: float


class StrengthPreviewOut(Out):
    """`counted` of `people` were looked at: all, or a sample that is the same each time."""

    counted: int
    people: int
    changed: int
    moves: list[MoveOut] = Field(description="Each pair of bands; who stays is among them.")
    examples: list[MoverOut]


class StrengthCountOut(Out):
    """`todo` is null while the touches are being read, and while nothing is counted anew."""

    counting: bool
    todo: int | None
    done: int


class WorthOut(Out):
    """`share` lies in `between` with 95 %."""

    band: Bands
    cases: int
    answered: int
    share: float | None
    between: tuple[float, float]


class StrengthFitOut(Out):
    """Edges so that of the strong more than half answer within 14 days. `reason` is why none can be proposed: few,
    never, always, or unconfirmed by the half of the cases that was kept from the fit; then they are null. `before` and
    `after`: what the bands are worth on that half. `sure`: more than half of the strong answer there, beyond chance."""

    reason: Literal["few", "never", "always", "unconfirmed"] | None
    cases: int
    answered: int
    weak_below: float | None = None
    strong_above: float | None = None
    weak_between: tuple[float, float] | None = None
    strong_between: tuple[float, float] | None = None
    before: list[WorthOut] = []
    after: list[WorthOut] = []
    sure: bool = False


def _worth(of: Worth) -> WorthOut:
    low, high = of.interval
    return WorthOut(
        band=of.name,  # type: ignore[arg-type]
        cases=of.count,
        answered=of.answered,
        share=None if of.share is None else round(of.share, 4),
        between=(round(low, 4), round(high, 4)),
    )


def shown() -> StrengthRulesOut:
    known = queries.strength_settings()
    rules, row = known.rules, known.row
    return StrengthRulesOut(
        weights=Weights(**rules.weights),
        half_lives=HalfLives(**{called(role): days for role, days in rules.half_lives.items()}),
        reciprocal=rules.reciprocal,
        per_channel=rules.per_channel,
        weak_below=rules.weak_below,
        strong_above=rules.strong_above,
        version=known.version,
        changed_at=row.changed_at if row else None,
        by=named(row.by) if row and row.by else None,
    )


@router.get("/strength-rules", **op(MAY, StrengthRulesOut, thing=True))
def get_strength_rules(request: ApiRequest) -> StrengthRulesOut:
    """Get how strength is counted

    Weights of touches, half-lives of roles, bonus, and where the bands begin.
    """
    return tagged(request, shown())


@router.put("/strength-rules", **op(MAY, StrengthRulesOut, thing=True, refusals=("changed_meanwhile",)))
def set_strength_rules(request: ApiRequest, body: StrengthRulesIn) -> StrengthRulesOut:
    """Say how strength is counted

    Everybody is counted anew in the background.
    """
    here = shown()
    must_match(request, here)
    connections.set_strength_rules(rules=body.rules(), version=here.version, by=request.staff, now=request.now)
    return tagged(request, shown())


@router.post("/strength-rules/preview", **op(MAY, StrengthPreviewOut))
def preview_strength_rules(request: ApiRequest, body: StrengthRulesIn) -> StrengthPreviewOut:
    """See who would change bands

    Nothing is saved.
    """
    found = queries.strength_preview(connections.check_strength_rules(body.rules()), request.now)
    return StrengthPreviewOut(
        counted=found.of,
        people=found.people,
        changed=found.changed,
        moves=[
            MoveOut(before=before, after=after, people=count)  # type: ignore[arg-type]
            for (before, after), count in sorted(found.moves.items())
        ],
        examples=[
            MoverOut(
                person=naming(one.person),
                before=one.before,  # type: ignore[arg-type]
                after=one.after,  # type: ignore[arg-type]
                strength_before=round(one.strength_before, 4),
                strength_after=round(one.strength_after, 4),
            )
            for one in found.examples
        ],
    )


@router.get("/strength-rules/count", **op(MAY, StrengthCountOut))
def get_strength_count(request: ApiRequest) -> StrengthCountOut:
    """See how far everybody is counted anew

    After a change of the rules, and after an import was taken back.
    """
    known = queries.strength_settings()
    return StrengthCountOut(counting=known.counting, todo=known.todo, done=known.done)


@router.post("/strength-rules/fit", **op(MAY, StrengthFitOut))
def fit_strength_rules(request: ApiRequest) -> StrengthFitOut:
    """Propose where the bands begin

    By what people did after you reached out. Nothing is saved: put the edges that you take.
    """
    try:
        fit = queries.strength_fit(request.now)
    except NoFit as refusal:
        return StrengthFitOut(reason=refusal.reason, cases=refusal.count, answered=refusal.answered)  # type: ignore[arg-type]
    return StrengthFitOut(
        reason=None,
        cases=fit.count,
        answered=fit.answered,
        weak_below=fit.weak_below,
        strong_above=fit.strong_above,
        weak_between=fit.weak,
        strong_between=fit.strong,
        before=[_worth(one) for one in fit.before],
        after=[_worth(one) for one in fit.after],
        sure=fit.is_sure,
    )
