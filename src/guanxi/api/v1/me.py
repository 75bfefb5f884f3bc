"""Where a key works, and what it may do."""

from __future__ import annotations

from ninja import Router

from guanxi.api.access import ApiRequest, op
from guanxi.api.v1.shapes import At, Out

router = Router(tags=["Key"])


class WorkspaceOut(Out):
    id: str
    name: str
    country: str
    timezone: str
    currency: str
    language: str


class KeyOut(Out):
    id: str
    name: str
    scopes: list[str]
    expires_at: At | None
    workspace: WorkspaceOut


@router.get("/me", **op(None, KeyOut))
def get_me(request: ApiRequest) -> KeyOut:
    """Get your key

    Its scopes as far as the role of its maker still has them, and its workspace. Every key may ask.
    """
    here, key = request.workspace, request.key
    return KeyOut(
        id=key.public_id,
        name=key.name,
        scopes=sorted(request.scopes),
        expires_at=key.expires_at,
        workspace=WorkspaceOut(
            id=here.public_id,
            name=here.name,
            country=here.country,
            timezone=here.timezone,
            currency=here.currency,
            language=here.language,
        ),
    )
