"""How rows that do not hold a person's id are recognised as theirs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress

from guanxi.governance.models import Workspace
from guanxi.kit import addresses, scope
from guanxi.kit.personal import Who
from guanxi.people.models import Identity, Person
from guanxi.people.queries.cards import unsealed

# So many digits at the end of a phone number tell two people apart, however the number is written.
TELLING_DIGITS = 8
NOT_A_DIGIT = re.compile(r"\D")


def who(person: Person) -> Who:
    """The person, with everyone merged into them."""
    same = [person, *Person.objects.filter(merged_into=person).order_by("pk")]
    held = list(Identity.objects.filter(person__in=same).select_related("person").order_by("pk"))
    values = {
        (unsealed(one, one.person) if one.sealed is not None else one.plain).casefold()
        for one in held
        if one.sealed is None or one.person.salt is not None
    }
    return Who(
        people=tuple(one.pk for one in same),
        public_ids=tuple(one.public_id for one in same),
        addresses=tuple((one.kind, bytes(one.lookup)) for one in held),
        values=frozenset(values - {""}),
        names=frozenset({one.name.strip().casefold() for one in same} - {""}),
        country=Workspace.objects.values_list("country", flat=True).get(pk=scope.current()),
    )


def tells_of(whom: Who, cells: Iterable[object], *, by_name: bool = False) -> bool:
    """Is a row of a file about them: by an address or number; `by_name` also by the name, which others share."""
    wanted = whom.values | whom.names if by_name else whom.values
    ends = [value[-TELLING_DIGITS:] for value in whom.values if value.startswith("+")]
    emails = [value for value in whom.values if "@" in value]
    for cell in cells:
        text = str(cell).strip().casefold()
        if not text:
            continue
        if text in wanted or any(email in text for email in emails):
            return True
        if ends and any(end in NOT_A_DIGIT.sub("", text) for end in ends):
            return True
        if "@" in text:
            with suppress(addresses.BadAddress):
                if addresses.email(text) in whom.values:
                    return True
    return False
