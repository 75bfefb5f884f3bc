"""Who is meant: people and staff by their public ids, or by what another system knows of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Annotated

from django.db.models import Model, Q, QuerySet
from pydantic import Field

from guanxi.api.problems import invalid
from guanxi.channels.models import Account
from guanxi.governance.models import Staff, Workspace
from guanxi.kit import scope
from guanxi.people import queries as people
from guanxi.people.models import Person
from guanxi.people.queries import BadId

OF_A_PERSON = r"^(psn_[0-9a-hjkmnp-tv-z]{26}|[a-z][a-z0-9_]{0,39}(@[^:\x00-\x1f]{1,64})?:[^\x00-\x1f\x7f]{1,254})$"
OF_STAFF = r"^(stf_[0-9a-hjkmnp-tv-z]{26}|[^@\s]{1,64}@[^@\s]{1,190})$"

PersonRef = Annotated[
    str,
    Field(
        max_length=360,
        pattern=OF_A_PERSON,
        description="Their public id, or an id as `kind:value` (`email:lin@example.test`), of a kind that a corp, app "
        "or shop gives as `kind@place:value` (`wecom@ww12:wmAB`).",
    ),
]
StaffRef = Annotated[
    str, Field(max_length=255, pattern=OF_STAFF, description="Their public id, or the e-mail that they sign in with.")
]


class Parties:
    """Keys of what is named, by one question for each kind; what is not there has the key 0."""

    def __init__(self, people: Iterable[str] = (), staff: Iterable[str] = (), accounts: Iterable[str] = ()) -> None:
        self._people = _people(set(people))
        self._staff = {name: one.pk for name, one in _staff(Staff.objects.all(), set(staff)).items()}
        self._accounts = _keys(Account, accounts)

    def person(self, name: str) -> int:
        return self._people.get(name, 0)

    def member(self, name: str) -> int:
        return self._staff.get(name, 0)

    def account(self, public_id: str) -> int:
        return self._accounts.get(public_id, 0)


def members(there: QuerySet[Staff], named: Mapping[str, str]) -> dict[str, Staff]:
    """Field → who is named by it. Raises the problem that a field is wrong."""
    found = _staff(there, set(named.values()))
    for field, name in named.items():
        if name not in found:
            raise invalid(field, "There is nobody with this id or e-mail, or they cannot be chosen here.", "unknown_id")
    return {field: found[name] for field, name in named.items()}


def _staff(there: QuerySet[Staff], names: set[str]) -> dict[str, Staff]:
    if not names:
        return {}
    emails = {name.lower() for name in names if "@" in name}
    rows = there.filter(Q(public_id__in=names) | Q(user__email__in=emails)).select_related("user")
    known = {name: row for row in rows for name in (row.public_id, row.user.email)}
    return {name: known[name.lower()] for name in names if name.lower() in known}


def _people(names: set[str]) -> dict[str, int]:
    """An id that many share leads to nobody."""
    found: dict[str, int] = dict(_keys(Person, [name for name in names if name.startswith("psn_")]))
    others = [name for name in names if ":" in name]
    if not others:
        return found
    kinds, country = people.kinds(), Workspace.objects.get(pk=scope.current()).country
    by_key: dict[tuple[str, bytes], list[str]] = defaultdict(list)
    for name in others:
        head, _, value = name.partition(":")
        kind, _, within = head.partition("@")
        if kind in kinds:
            try:
                read = people.read_id(kind, value, country), people.read_place(kinds[kind], within)
            except BadId:
                continue
            by_key[kind, people.id_key(kind, *read)].append(name)
    for key, person in people.holders(list(by_key)).items():
        found |= dict.fromkeys(by_key[key], person)
    return found


def _keys(model: type[Model], public_ids: Iterable[str]) -> Mapping[str, int]:
    wanted = set(public_ids)
    rows = model._default_manager.filter(public_id__in=wanted)
    return dict(rows.values_list("public_id", "pk")) if wanted else {}
