"""The things of this workspace that a rule may name, read when a rule or a builder first asks for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Generic, TypeVar

from guanxi.audiences.models import Audience
from guanxi.audiences.rules import Named, Other, TieKind
from guanxi.channels import registry
from guanxi.channels.models import Account
from guanxi.connections.models import GroupChat
from guanxi.governance.models import Staff, Unit
from guanxi.people.models import Tag

Thing = TypeVar("Thing")


class Asked(Mapping[str, Thing], Generic[Thing]):
    def __init__(self, read: Callable[[], dict[str, Thing]]) -> None:
        self._read = read

    @cached_property
    def _found(self) -> dict[str, Thing]:
        return self._read()

    def __getitem__(self, key: str) -> Thing:
        return self._found[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def audiences() -> Mapping[str, Other]:
    return Asked(_audiences)


def tags() -> Mapping[str, Named]:
    return Asked(_tags)


def ties() -> Mapping[TieKind, Mapping[str, Named]]:
    return {"friend": Asked(_friends), "follow": Asked(_accounts), "group": Asked(_groups), "referral": {}}


def channels() -> Mapping[str, str]:
    return Asked(lambda: {kind: registry.plugin(kind).label for kind in registry.kinds()})


def _audiences() -> dict[str, Other]:
    kept = Audience.objects.order_by("name", "pk").only("public_id", "name", "rule", "fixed_at")
    return {one.public_id: Other(one.name, one.rule, one.pk if one.fixed_at else None) for one in kept}


def _tags() -> dict[str, Named]:
    """Tags of groups; those of one member of staff are nobody else's business. A tag that was merged is the other."""
    kept = Tag.objects.filter(group__isnull=False).select_related("group").order_by("group__position", "position", "pk")
    return {tag.public_id: Named(f"{tag.group}: {tag.name}", (tag.merged_into_id or tag.pk,)) for tag in kept}


def _friends() -> dict[str, Named]:
    staff = Staff.objects.order_by("name", "pk")
    advisors = {one.public_id: Named(str(one), (one.pk,), "advisor") for one in staff}
    units = list(Unit.objects.order_by("path"))
    below = {one.pk: tuple(other.pk for other in units if other.path.startswith(one.path)) for one in units}
    return advisors | {one.public_id: Named(one.name, below[one.pk], "unit") for one in units}


def _accounts() -> dict[str, Named]:
    return {one.public_id: Named(one.name, (one.pk,), "account") for one in Account.objects.order_by("name", "pk")}


def _groups() -> dict[str, Named]:
    kept = GroupChat.objects.order_by("name", "pk").only("public_id", "name", "external_id")
    return {one.public_id: Named(str(one), (one.pk,), "group") for one in kept}
