"""Two people become one and part again: whose a row is, the merges that stand decide, and nothing else."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import models, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guanxi.audiences import queries as audiences
from guanxi.channels import operations as channels
from guanxi.channels.models import Message
from guanxi.channels.queries import Errand
from guanxi.commerce.models import Order
from guanxi.governance.models import AuditEntry, Workspace
from guanxi.people import operations as people
from guanxi.people import queries
from guanxi.people.models import Field, Identity, Lent, LevelProof, Merge, Moved, Pair, Person, Trait
from guanxi.people.operations import Call, Proof, creating
from guanxi.people.registry import said_of_merges
from tests.factories import channels as make
from tests.factories.people import make_person, make_staff
from tests.factories.reach import write_lake


def order(person: Person, number: str, now: datetime) -> Order:
    made: Order = Order.objects.create(number=number, person=person, placed_at=now, currency="CNY", total_minor=500)
    return made


def merged(keep: Person, drop: Person, now: datetime) -> Merge:
    return people.merge_people(keep=keep, drop=drop, by=None, now=now)


def everything() -> dict[str, list[Any]]:
    """All rows of people and of what follows them, but for what tells of merges; sealed values in clear."""
    found: dict[str, list[Any]] = {}
    for model in (Person, Trait, LevelProof, Order, Message):
        found[model.__name__] = list(model._default_manager.order_by("pk").values())
    found["Trait"] = sorted((row["person_id"], row["field_id"], row["value"], row["set_at"]) for row in found["Trait"])
    found["Identity"] = [
        (one.pk, one.person_id, one.plain or queries.addresses_of([one.pk]).get(one.pk))
        for one in Identity.objects.order_by("pk")
    ]
    return found


def test_every_column_that_names_a_person_says_what_a_merge_does_with_it() -> None:
    columns = {
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.related_model is Person or (field.name == "person" and isinstance(field, models.BigIntegerField))
    }
    assert {(m._meta.label, name) for m, name in columns - said_of_merges()} == set(), (
        "say in receivers.py of the room whether the rows move or stay: people.registry.in_a_merge"
    )
    assert said_of_merges() - columns == set()


def test_what_one_has_the_other_gets_and_undo_gives_it_back_exactly(workspace: Workspace, now: datetime) -> None:
    city = Field.objects.create(key="city", label="City")
    owner = make_staff()
    keep = make_person("Lin Wei", now=now, identities={"email": "lin@example.test"}, traits={"city": "Suzhou"})
    later = now + timedelta(days=1)
    drop = make_person(
        "Lin W.", now=later, identities={"phone": "+8613900001234"}, traits={"city": "Hangzhou"}, owner=owner
    )
    order(drop, "1", now)
    people.prove_level(level="customer", proof="order.paid", proofs=[Proof(drop.pk, now, 1, "1")], now=now)
    before = everything()

    merge = merged(keep, drop, later)
    keep.refresh_from_db()
    assert (keep.name, keep.owner, keep.level, keep.created_at) == ("Lin Wei", owner, "customer", now)
    assert Trait.objects.get(person=keep, field=city).value == "Hangzhou"
    assert [(one.kind, one.shown) for one in queries.card(keep).identities] == [
        ("email", "l•••@example.test"),
        ("phone", "•••• 1234"),
    ]
    assert Order.objects.get().person == keep
    assert queries.lookup_by_identity("phone", ["+8613900001234"]) == {"+8613900001234": keep.pk}
    assert queries.addresses_of(list(Identity.objects.values_list("pk", flat=True))) != {}

    people.undo_merge(merge=merge, by=owner, now=later)
    assert everything() == before
    assert (Moved.objects.count(), Lent.objects.count()) == (0, 0)
    entry = AuditEntry.objects.get(act="merge.undone")
    assert (entry.subject, entry.detail) == (keep.public_id, {"parted": drop.public_id, "merge": merge.public_id})
    with pytest.raises(people.MergeRefused, match="undone"):
        people.undo_merge(merge=Merge.objects.get(), by=owner, now=later)


def test_what_was_said_after_the_merge_stays_with_who_stayed(workspace: Workspace, now: datetime) -> None:
    Field.objects.create(key="city", label="City")
    keep, drop = make_person(now=now), make_person(now=now, traits={"city": "Hangzhou"})
    merge = merged(keep, drop, now)
    later = now + timedelta(hours=1)
    people.link_many([Call([("cookie", "c1")], later)], source="web", now=later)
    edit = people.PersonEdit("Lin Wei", "", "", None, None, traits={"city": "Ningbo"})
    keep.refresh_from_db()
    people.edit_person(person=keep, version=queries.version(keep), edit=edit, now=later)
    people.undo_merge(merge=merge, by=None, now=later)
    said = {one.person_id: one.value for one in Trait.objects.all()}
    assert said == {keep.pk: "Ningbo", drop.pk: "Hangzhou"}


def test_erasing_who_stayed_takes_both_along_and_one_who_left_only_themselves(
    workspace: Workspace, now: datetime
) -> None:
    keep = make_person(now=now, identities={"email": "lin@example.test"})
    drop = make_person(now=now, identities={"phone": "+8613900001234"})
    merge = merged(keep, drop, now)
    people.undo_merge(merge=merge, by=None, now=now)
    people.erase_person(person=keep, by=None, reason="asked", now=now)
    people.work_personal(now=now)
    assert [queries.address_of(one.pk) for one in Identity.objects.all()] == ["+8613900001234"]
    other = make_person(now=now, identities={"email": "bo@example.test"})
    merge = merged(other, drop, now)
    people.erase_person(person=other, by=None, reason="asked", now=now)
    with pytest.raises(people.MergeRefused, match="gone"):
        people.undo_merge(merge=merge, by=None, now=now)
    people.work_personal(now=now)
    assert not Identity.objects.exists() and not Merge.objects.filter(pk=merge.pk).exists()
    assert set(Person.objects.filter(salt=None).values_list("pk", flat=True)) == {keep.pk, drop.pk, other.pk}


def test_ids_that_prove_it_merge_at_once_and_say_why(workspace: Workspace, now: datetime) -> None:
    known = make_person(now=now, identities={"customer_number": "7"})
    [visitor] = people.link_many([Call([("cookie", "c1")], now)], source="web", now=now)
    later = now + timedelta(minutes=5)
    calls = [Call([("cookie", "c1"), ("customer_number", "7")], later, event="evt_1"), Call([("cookie", "c1")], later)]
    assert [one.person for one in people.link_many(calls, source="web", now=later)] == [known.pk, known.pk]
    merge = Merge.objects.get()
    assert (merge.keep, merge.drop_id, merge.rule, merge.kind) == (known, visitor.person, "device", "cookie")
    assert (merge.source, merge.event, merge.at) == ("web", "evt_1", later)

    people.undo_merge(merge=merge, by=None, now=later)
    [again] = people.link_many(calls[:1], source="web", now=later)
    assert again.person == known.pk and merge.drop.merged_into is None
    assert Pair.objects.get().state == "distinct"


def test_two_proven_people_meet_by_a_third_id(workspace: Workspace, now: datetime) -> None:
    one = make_person(now=now, identities={"email": "lin@example.test"})
    other = make_person(now=now, identities={"phone": "+8613900001234"})
    call = Call([("email", "lin@example.test"), ("phone", "13900001234"), ("customer_number", "7")], now)
    [answer] = people.link_many([call], source="shop", now=now)
    assert answer.person == one.pk and Person.objects.get(pk=other.pk).merged_into == one
    assert Merge.objects.get().rule == "proof" and Identity.objects.filter(person=one).count() == 3


def test_a_merge_keeps_the_stricter_consent(workspace: Workspace, now: datetime) -> None:
    account = make.account(now)
    no, yes = make.person(now, "no@example.test", consent=False), make.person(now, "yes@example.test")

    def outcome() -> tuple[str, str]:
        errand = Errand(account=account, purpose="marketing", origin=f"brd_{Message.objects.count()}", due_at=now)
        channels.plan(errand=errand, people=[yes.pk], content_id=None, now=now)
        made = Message.objects.get(origin=errand.origin)
        return made.state, made.reason

    assert outcome() == ("waiting", "")
    merge = merged(yes, no, now)
    assert outcome() == ("skipped", "withdrawn")
    people.undo_merge(merge=merge, by=None, now=now)
    assert outcome() == ("waiting", "")


def test_audiences_and_the_timeline_see_one_person(workspace: Workspace, now: datetime) -> None:
    keep, drop = make_person("Lin", now=now), make_person("Wei", now=now)
    proofs = [Proof(drop.pk, now - timedelta(days=1), 1, "1")]
    people.prove_level(level="customer", proof="order.paid", proofs=proofs, now=now)
    reached = {"version": 1, "where": {"type": "did", "event": "event:level.reached"}}

    def seen() -> tuple[list[int], bool]:
        write_lake(now)
        told = {one.name for one in queries.timeline(keep)}
        return audiences.members(reached, now=now)["person"].to_pylist(), "level.reached" in told

    assert seen() == ([drop.pk], False)
    merge = merged(keep, drop, now)
    assert seen() == ([keep.pk], True)
    people.undo_merge(merge=merge, by=None, now=now)
    assert seen() == ([drop.pk], False)


def test_a_loop_cannot_be_made(workspace: Workspace, now: datetime) -> None:
    one, other = make_person("Lin", now=now), make_person("Wei", now=now)
    merged(one, other, now)
    for keep, drop, reason in ((other, one, "gone"), (one, other, "gone"), (one, one, "same")):
        with pytest.raises(people.MergeRefused, match=reason):
            merged(keep, drop, now)


class Reference:
    """Merges as they are meant: a row is whose root its origin has; of equal rows one is shown."""

    def __init__(self, number: int) -> None:
        self.into: dict[int, int] = {}
        self.rows: dict[int, int] = {}
        self.traits: dict[int, tuple[int, str]] = {}
        self.number = number

    def root(self, one: int) -> int:
        while one in self.into:
            one = self.into[one]
        return one

    def trait(self, root: int) -> str | None:
        said = [(at, value) for who, (at, value) in self.traits.items() if self.root(who) == root]
        return max(said)[1] if said else None


STEP = st.tuples(
    st.sampled_from(["merge", "merge", "undo", "undo", "id", "order", "trait", "trait", "message", "message"]),
    st.integers(0, 9),
    st.integers(0, 9),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=6, max_size=16))
def test_any_merges_undos_and_later_rows_give_what_the_standing_merges_say(
    workspace: Workspace, merge_world: Any, now: datetime, steps: list[tuple[str, int, int]]
) -> None:
    with transaction.atomic():
        _play(merge_world, now, steps)
        transaction.set_rollback(True)


@pytest.fixture
def merge_world(workspace: Workspace, now: datetime) -> Any:
    city = Field.objects.create(key="city", label="City")
    some = [make_person(f"P{n}", now=now, identities={"email": f"p{n}@example.test"}) for n in range(4)]
    return city, some, make.account(now)


def _play(world: Any, now: datetime, steps: list[tuple[str, int, int]]) -> None:
    city, some, account = world
    meant = Reference(len(some))
    merges: list[tuple[Merge, int]] = []
    ids = {f"p{n}@example.test": n for n in range(len(some))}
    orders: dict[int, int] = {}
    messages: dict[int, int] = {}
    for turn, (act, a, b) in enumerate(steps):
        at = now + timedelta(minutes=turn + 1)
        one, other = meant.root(a % len(some)), meant.root(b % len(some))
        match act:
            case "merge" if one != other:
                merges.append((merged(some[one], some[other], at), other))
                meant.into[other] = one
            case "undo" if merges:
                merge, left = merges.pop(a % len(merges))
                people.undo_merge(merge=merge, by=None, now=at)
                del meant.into[left]
            case "id":
                address = f"later{turn}@example.test"
                held = Person.objects.get(pk=some[one].pk)
                creating.hold_identities(held, {"x": ("email", address)}, source="", now=at)
                ids[address] = one
            case "order":
                orders[order(some[one], str(turn), at).pk] = one
            case "trait":
                creating.keep_traits(some[one], {"city": f"city {turn}"}, at)
                meant.traits[one] = (turn, f"city {turn}")
            case "message" if not Message.objects.filter(origin=f"brd_{b}", person=some[one]).exists():
                made = Message.objects.create(
                    origin=f"brd_{b}", person=some[one], account=account, purpose="marketing", state="held_out",
                    planned_at=at,
                )  # fmt: skip
                messages[made.pk] = one
    number = {person.pk: n for n, person in enumerate(some)}
    assert {n: number[p] if p else None for n, p in zip(range(len(some)), _into(some), strict=True)} == {
        n: meant.root(n) if n in meant.into else None for n in range(len(some))
    }
    found = {queries.address_of(one.pk): number[one.person_id] for one in Identity.objects.all()}
    assert found == {address: meant.root(n) for address, n in ids.items()}
    bought = {one.pk: number[one.person_id] for one in Order.objects.all()}
    assert bought == {pk: meant.root(n) for pk, n in orders.items()}
    shown = {number[t.person_id]: t.value for t in Trait.objects.filter(field=city, person__merged_into=None)}
    assert shown == {n: said for n in range(len(some)) if n not in meant.into and (said := meant.trait(n))}
    _check_messages(meant, number, messages)


def _into(some: list[Person]) -> list[int | None]:
    found = dict(Person.objects.values_list("pk", "merged_into"))
    return [found[one.pk] for one in some]


def _check_messages(meant: Reference, number: dict[int, int], messages: dict[int, int]) -> None:
    """None is lost; of those that are equal one is at the root, the others at those who became them."""
    at_root: dict[tuple[int, str], int] = {}
    for one in Message.objects.all():
        where, origin = number[one.person_id], messages[one.pk]
        assert meant.root(where) == meant.root(origin)
        place = (meant.root(origin), one.origin)
        at_root[place] = at_root.get(place, 0) + (where == meant.root(origin))
    assert set(at_root.values()) <= {1} and Message.objects.count() == len(messages)
