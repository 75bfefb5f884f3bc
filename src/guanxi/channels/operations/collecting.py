"""Fetching what came back, and applying each of it once."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from pydantic import BaseModel, ValidationError

from guanxi.channels import queries, registry
from guanxi.channels.models import Account, Notice, NoticeKind, Reading
from guanxi.channels.operations import settling
from guanxi.channels.port import Category, ChannelError, Collects, Inbound
from guanxi.kit import clock
from guanxi.kit.apart import apart

BATCH = 200
EVERY = timedelta(minutes=1)
LEASE = timedelta(minutes=6)  # longer than a reading may take


def collect(*, now: datetime) -> bool:
    """One turn in the current workspace: read a box whose time has come. Says whether there may be more to do."""
    for account in Account.objects.filter(kind__in=registry.kinds()).order_by("pk"):
        plugin = registry.plugin(account.kind)
        if isinstance(plugin, Collects) and (config := _config(plugin, account)) and _take(account):
            return _read(plugin, account, config, now)
    return False


def _config(plugin: Collects, account: Account) -> BaseModel | None:
    try:
        config = queries.config_of(account)
    except ValidationError:
        return None
    return config if plugin.collects(config) else None


@transaction.atomic
def _take(account: Account) -> bool:
    """Ours until the lease ends. Who dies meanwhile has lost nothing: what was not marked as read waits."""
    wall = clock.wall()
    Reading.objects.get_or_create(account=account, defaults={"due_at": wall})
    due = Reading.objects.select_for_update(skip_locked=True).filter(account=account, due_at__lte=wall).first()
    if due is None:
        return False
    Reading.objects.filter(pk=due.pk).update(due_at=wall + LEASE)
    return True


def _read(plugin: Collects, account: Account, config: BaseModel, now: datetime) -> bool:
    applied, problem, pause = 0, "", EVERY
    try:
        with plugin.open_box(config) as box:
            for inbound in box.waiting(BATCH):
                with apart("notice", inbound.external_id):
                    apply(account=account, inbound=inbound, now=now)
                box.settle(inbound)  # one that cannot be applied now cannot be next time either
                applied += 1
    except ChannelError as failure:
        problem, pause = failure.detail[:300] or str(failure.category), 5 * EVERY
    wall = clock.wall()
    more = applied == BATCH
    Reading.objects.filter(account=account).update(read_at=wall, problem=problem, due_at=wall if more else wall + pause)
    return more


@transaction.atomic
def apply(*, account: Account, inbound: Inbound, now: datetime) -> None:
    """Once, however often it is read."""
    message = queries.message_of(account, token=inbound.return_token, key=inbound.message_key) if inbound.name else None
    category = Category(inbound.props.get("category", Category.UNKNOWN))
    status = inbound.props.get("status", "")[:20]
    _, fresh = Notice.objects.get_or_create(
        account=account,
        external_id=bytes.fromhex(inbound.external_id),
        defaults={
            "kind": _kind(inbound, category) if message else NoticeKind.OTHER,
            "message_id": message.pk if message else None,
            "status": status,
            "at": now,
        },
    )
    if message is None or not fresh:
        return
    match inbound.name:
        case "message.bounced":
            settling.returned(message, category=category, status=status, channel=account.kind, now=now)
        case "message.complained":
            settling.complained(message, channel=account.kind, now=now)


def _kind(inbound: Inbound, category: Category) -> NoticeKind:
    match inbound.name:
        case "message.bounced":
            return NoticeKind.HARD_BOUNCE if category is Category.HARD_BOUNCE else NoticeKind.SOFT_BOUNCE
        case "message.complained":
            return NoticeKind.COMPLAINT
        case _:
            return NoticeKind.DELAYED
