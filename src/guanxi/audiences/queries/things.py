"""The things of this workspace that a rule may name, read when a rule or a builder first asks for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet

from guanxi.audiences.models import Audience
from guanxi.audiences.rules import Named, Other, TieKind
from guanxi.channels import registry
from guanxi.channels.models import Account
from guanxi.connections.models import GroupChat
from guanxi.governance.models import Staff, Unit
from guanxi.people.models import Tag

Thing = TypeVar("Thing")
Row = TypeVar("Row", bound=Model)

ONE_BY_ONE = 5


class Asked(Mapping[str, Thing], Generic[Thing]):
    """`read` gives the one of a key, or all: a rule names a few of a thousand tags."""

    def __init__(self, read: Callable[[str | None], dict[str, Thing]]) -> None:
        self._read = read
        self._named: dict[str, dict[str, Thing]] = {}

    @cached_property
    def _found(self) -> dict[str, Thing]:
        return self._read(None)

    def __getitem__(self, key: str) -> Thing:
        if "_found" in self.__dict__ or (key not in self._named and len(self._named) == ONE_BY_ONE):
            return self._found[key]
        if key not in self._named:
            self._named[key] = self._read(key)
        return self._named[key][key]

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
    return Asked(lambda _: {kind: registry.plugin(kind).label for kind in registry.kinds()})


def _audiences(key: str | None) -> dict[str, Other]:
    kept = _named(Audience, key).order_by("name", "pk").only("public_id", "name", "rule", "fixed_at")
    return {one.public_id: Other(one.name, one.rule, one.pk if one.fixed_at else None) for one in kept}


def _tags(key: str | None) -> dict[str, Named]:
    """Tags of groups; those of one member of staff are nobody else's business. A tag that was merged is the other."""
    kept = _named(Tag, key).filter(group__isnull=False).select_related("group")
    kept = kept.order_by("group__position", "position", "pk")
    return {tag.public_id: Named(f"{tag.group}: {tag.name}", (tag.merged_into_id or tag.pk,)) for tag in kept}


def _friends(key: str | None) -> dict[str, Named]:
    staff = _named(Staff, key).order_by("name", "pk")
    advisors = {one.public_id: Named(str(one), (one.pk,), "advisor") for one in staff}
    units = list(Unit.objects.order_by("path"))
    below = {one.pk: tuple(other.pk for other in units if other.path.startswith(one.path)) for one in units}
    return advisors | {one.public_id: Named(one.name, below[one.pk], "unit") for one in units}


def _named(kind: type[Row], key: str | None) -> QuerySet[Row]:
    rows: QuerySet[Row] = kind._default_manager.all()
    return rows if key is None else rows.filter(public_id=key)


def _accounts(key: str | None) -> dict[str, Named]:
    kept = _named(Account, key).order_by("name", "pk")
    return {one.public_id: Named(one.name, (one.pk,), "account") for one in kept}


def _groups(key: str | None) -> dict[str, Named]:
    kept = _named(GroupChat, key).order_by("name", "pk").only("public_id", "name", "external_id")
    return {one.public_id: Named(str(one), (one.pk,), "group") for one in kept}
