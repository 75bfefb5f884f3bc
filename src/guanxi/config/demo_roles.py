"""A few opinion leaders and employees of the demo, the fields of their roles, and who waits for its advisors. All of it
is invented, from a seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random

from django.db import transaction

from guanxi.channels.models import Account
from guanxi.config import demo_clear, demo_story
from guanxi.connections import operations as connections
from guanxi.connections.operations import FOLLOWERS, Followers, FriendTold
from guanxi.governance import operations as governance
from guanxi.governance.models import Staff
from guanxi.people import operations as people
from guanxi.people.models import Field, Import, Person, RoleField
from guanxi.people.operations import Put, WantedField
from guanxi.people.queries import role_rules

SOURCE = "demo"
# Role → its fields: label, kind, choices, and with what the role begins.
FIELDS: Mapping[str, Sequence[tuple[str, str, tuple[str, ...], str]]] = {
    "leader": (
        ("Topic", "choice", ("Cooking", "Family", "Health", "Local life"), "Cooking"),
        ("Agency", "text", (), ""),
        ("Price of a post", "number", (), ""),
        ("Contract until", "date", (), ""),
    ),
    "employee": (
        ("Department", "choice", ("Sales floor", "Kitchen", "Delivery", "Office"), "Sales floor"),
        ("Shop", "text", (), ""),
        ("Staff number", "text", (), ""),
    ),
}
BECAUSE = {"leader": "Writes about food (invented)", "employee": "Works in a store (invented)"}
OF_A_ROLE, WROTE, ADDED = 8, 12, 4
PLATFORMS = ("weibo", "xiaohongshu", "douyin", "bilibili")


@transaction.atomic
def bring_roles(owner: Staff, now: datetime) -> None:
    """After the files of the demo were noted as its own: people of somebody else get no invented roles."""
    if RoleField.objects.exists():
        return
    dice = Random(f"{demo_story.SLUG} roles")  # noqa: S311
    for role, fields in FIELDS.items():
        _fields(role, fields, owner, now)
    invented = demo_clear.brought(Import).values_list("pk", flat=True)
    mine = Person.objects.filter(import_id__in=list(invented), merged_into=None, erased_at=None, owner__isnull=False)
    known = list(mine.order_by("pk"))
    dice.shuffle(known)
    for role in FIELDS:
        some, known = known[:OF_A_ROLE], known[OF_A_ROLE:]
        put = Put(by=owner, reason=BECAUSE[role])
        people.set_role(people=[one.pk for one in some], role=role, put=put, now=now)
        if role == "leader":
            _followers(some, dice, now)
        _waits(some[:2], dice, now)
    _waits(known[:WROTE], dice, now)
    _added(known[WROTE : WROTE + ADDED], now)


def _fields(role: str, wanted: Sequence[tuple[str, str, tuple[str, ...], str]], owner: Staff, now: datetime) -> None:
    found: list[WantedField] = []
    for label, kind, choices, value in wanted:
        field = Field.objects.filter(label=label).first()
        if field is None:
            field = people.create_field(label=label, kind=kind, choices=choices, by=owner, now=now)
            governance.note_demo([field.public_id])
        found.append(WantedField(field.pk, value))
    known = role_rules(role)
    people.set_role_rules(role=role, priority=known.priority, fields=found, version=known.version, by=owner, now=now)


def _followers(some: Sequence[Person], dice: Random, now: datetime) -> None:
    day = (now - timedelta(days=1)).date()
    for person in some:
        for platform in dice.sample(PLATFORMS, dice.randint(1, 2)):
            told = Followers(person.pk, platform, "", dice.randint(3, 240) * 1_000, day)
            connections.note_followers(person=person, told=told, now=now, source=SOURCE)
    governance.note_demo(Field.objects.filter(key=FOLLOWERS).values_list("public_id", flat=True))


def _waits(some: Sequence[Person], dice: Random, now: datetime) -> None:
    for person in some:
        at = now - timedelta(days=dice.randint(0, 9), minutes=dice.randint(30, 600))
        connections.record_touch(person=person, kind="message_in", at=at, now=now, advisor=person.owner, source=SOURCE)


def _added(some: Sequence[Person], now: datetime) -> None:
    account = Account.objects.filter(name=demo_story.TIE_ACCOUNTS[0][1]).first()
    advisors = list(Staff.objects.filter(user__email__in=demo_story.ADVISORS).order_by("pk"))
    if account is None:
        return
    told = []
    for place, one in enumerate(some):
        at, advisor = now - timedelta(days=place + 1), advisors[place % len(advisors)]
        told.append(FriendTold(one.pk, advisor.pk, account.pk, "half_added", at))
    connections.note_friend_facts(told, now=now, source=SOURCE)
