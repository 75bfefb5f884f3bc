"""A workspace in which every example of the reference works: the ids of the examples and those that stand for them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile

from guanxi.acquisition import operations as acquisition
from guanxi.acquisition.models import EventName, EventProperty, SourceKind
from guanxi.api.v1.examples import ids as examples
from guanxi.api.v1.examples.example import Example
from guanxi.audiences import operations as audiences
from guanxi.audiences.models import Audience, Export, TagRule
from guanxi.audiences.operations import exports
from guanxi.audiences.queries.exports import Shape
from guanxi.channels import operations as channels
from guanxi.channels.models import Account, Message
from guanxi.connections import operations as connections
from guanxi.connections.models import Follow, FriendHandover, Friendship, GroupChat, ReferralEdge
from guanxi.connections.operations import Followers, FollowTold, FriendTold, GroupTold, Referral
from guanxi.content import operations as contents
from guanxi.content.queries import Words
from guanxi.events import operations as events
from guanxi.governance import operations as governance
from guanxi.governance.models import Notice, Role, Staff, Suppression
from guanxi.integrations import operations as integrations
from guanxi.people import operations as people
from guanxi.people.models import Bulk, DuplicateSearch, Field, Identity, Import, Pair, Person, PersonErasure
from guanxi.people.queries import Wanted
from guanxi.reach import operations as reach
from guanxi.reach.models import Broadcast
from tests.api.callers import Caller
from tests.factories import channels as make
from tests.factories.people import checked, csv_file, done, uploaded

PDF = b"%PDF-1.7\n%%EOF\n"
COLUMNS = {"name": "name", "email": "email", "note": ""}


@dataclass(frozen=True)
class World:
    now: datetime
    boss: Staff
    ids: Mapping[str, str]

    def real(self, said: Any) -> Any:
        """The same with ids that are here."""
        text = json.dumps(said)
        for example, here in self.ids.items():
            text = text.replace(example, here)
        return json.loads(text)

    def send(self, calls: Caller, method: str, path: str, example: Example, **headers: str) -> Any:
        address = path.removeprefix("/api/v1").format(**self.real(dict(example.path)))
        query = f"?{urlencode(self.real(dict(example.query)))}" if example.query else ""
        if example.form:
            return self.upload(calls, address, example.form, **headers)
        body = None if example.body is None else self.real(example.body)
        return calls.send(method.upper(), address + query, body, **headers)

    def upload(self, calls: Caller, address: str, form: Mapping[str, str], **headers: str) -> Any:
        files = {"people.csv": b"name,email\nLin,lin@example.test\n", "contract.pdf": PDF}
        sent = {
            name: SimpleUploadedFile(value[1:], files[value[1:]]) if value.startswith("@") else value
            for name, value in form.items()
        }
        return calls.client.post(
            f"/api/v1{address}", sent, headers={"Authorization": f"Bearer {calls.secret}", **headers}
        )


def make_world(boss: Staff, now: datetime) -> World:
    """`boss` made the key. The lake knows everything before it is asked."""
    Field.objects.create(key="city", label="City", kind="text")
    unit = governance.add_unit(name="Shanghai")
    person = people.create_person(
        now=now, name="Lin Wei", identities={"email": "lin.w@example.test", "phone": "+8613800002211"}, unit=unit
    )
    email = Identity.objects.get(person=person, kind="email")
    governance.give_consent(
        channel="email", address=bytes(email.lookup), purpose="marketing", source="till", now=now, person=person.pk
    )
    people.prove_level(level="customer", proof="order.paid", proofs=[people.Proof(person.pk, now)], now=now)
    people.join(person=person, since=now, proof="staff", now=now)
    note = people.add_note(person=person, by=boss, text="Likes tea", now=now)
    governance.suppress(channel="email", address=make.lookup("bounced@example.test"), reason="manual", now=now)
    member = governance.add_staff(email="someone@example.test", name="Someone", role=Role.ADVISOR, unit=unit)
    account = make.account(now)
    audience = audiences.save_audience(name="Customers", rule=examples.RULE, by=boss, now=now)
    other = audiences.save_audience(name="The same", rule=examples.RULE, by=boss, now=now)
    letter = contents.save_content(
        name="Hello", variants=[Words("en", "Hello", "Hello {{ person.name }}")], fall_back=True, by=boss, now=now
    )
    broadcast = reach.save_broadcast(
        name="Hello all", audience=audience, content=letter, account=account, hold_out_percent=0, by=boss, now=now
    )
    while events.write_lake(now=now):
        pass
    of = uploaded(_table(), COLUMNS, now=now, by=boss)
    return World(
        now,
        boss,
        {
            examples.PERSON: person.public_id,
            examples.IDENTITY: email.public_id,
            examples.NOTE: note.public_id,
            examples.OWNER: boss.public_id,
            examples.STAFF: member.public_id,
            examples.UNIT: unit.public_id,
            examples.IMPORT: of.public_id,
            examples.AUDIENCE: audience.public_id,
            examples.OTHER_AUDIENCE: other.public_id,
            examples.CONTENT: letter.public_id,
            examples.BROADCAST: broadcast.public_id,
            examples.CHANNEL: account.public_id,
            examples.SUPPRESSION: Suppression.objects.get().public_id,
            **_personal(person, boss, now),
            **_webhook(boss, now),
            **_source(boss, now),
            **_merges(person, boss, now),
            **_tags(boss, audience, now),
            **_ties(person, member, account, now),
            **_bulk(boss, now),
            **_people_export(boss, now),
        },
    )


def _personal(person: Person, boss: Staff, now: datetime) -> dict[str, str]:
    other = people.create_person(now=now, name="Somebody who is gone")
    gone = people.erase_person(person=other, by=boss, reason="asked", now=now)
    kept = people.attach_file(person=person, by=boss, file=io.BytesIO(PDF), filename="contract.pdf", now=now)
    made = people.export_person(person=person, by=boss, reason="asked", now=now)
    people.work_personal(now=now)
    return {
        examples.ERASURE: gone.public_id,
        examples.FILE: kept.public_id,
        examples.EXPORT: made.public_id,
    }


def _webhook(boss: Staff, now: datetime) -> dict[str, str]:
    url = "https://shop.example.test/hooks"
    endpoint, _secret = integrations.make_endpoint(url=url, events=["order.paid"], by=boss, now=now)
    delivery = integrations.send_test(endpoint=endpoint, now=now)
    return {examples.WEBHOOK: endpoint.public_id, examples.DELIVERY: delivery.public_id}


def _source(boss: Staff, now: datetime) -> dict[str, str]:
    made = acquisition.make_source(name="Shop", kind=SourceKind.SERVER, by=boss, now=now)
    seen: EventName = EventName.objects.create(
        key="track.product_viewed", name="Product Viewed", count=1, first_seen_at=now, last_seen_at=now
    )
    EventProperty.objects.create(event=seen, key="category", name="category", kind="text", first_seen_at=now)
    card = people.add_kind(wanted=people.KindWanted("Card"), by=boss, now=now)
    return {
        examples.ID_KIND: card.public_id,
        examples.SOURCE: made.source.public_id,
        examples.FIELD: Field.objects.get(key="city").public_id,
        examples.SENT_EVENT: seen.public_id,
    }


def _merges(person: Person, boss: Staff, now: datetime) -> dict[str, str]:
    twin, gone = (people.create_person(now=now, name=name) for name in ("Lin W.", "L. Wei"))
    merge = people.merge_people(keep=person, drop=gone, by=boss, now=now)
    pair = Pair.objects.create(first=person, second=twin, origin="similar", evidence={"for": []}, found_at=now)
    DuplicateSearch.objects.create(state="done", by=boss, asked_at=now, finished_at=now)
    return {examples.TWIN: twin.public_id, examples.MERGE: merge.public_id, examples.PAIR: pair.public_id}


def _tags(boss: Staff, audience: Audience, now: datetime) -> dict[str, str]:
    group = people.create_tag_group(name="Kind", by=boss, now=now)
    empty = people.create_tag_group(name="Empty", by=boss, now=now)
    vip, same = people.create_tags(group=group, names=["VIP", "Vip."], by=boss, now=now)
    rule = audiences.make_tag_rule(audience=audience, tag=vip, because="Bought", by=boss, now=now)
    return {
        examples.TAG_RULE: rule.public_id,
        examples.TAG_GROUP: group.public_id,
        examples.EMPTY_GROUP: empty.public_id,
        examples.TAG: vip.public_id,
        examples.SAME_TAG: same.public_id,
    }


def _ties(person: Person, member: Staff, account: Account, now: datetime) -> dict[str, str]:
    at = now - timedelta(days=9)
    other = people.create_person(now=now, name="Bringer")
    connections.note_friend_facts([FriendTold(person.pk, member.pk, account.pk, "added", at)], now=now, source="api")
    connections.note_follows([FollowTold(person.pk, account.pk, True, at)], now=now, source="api")
    told = GroupTold(account.pk, "wrA", "member_joined", at, person=person.pk)
    connections.note_group_facts([told], now=now, source="api")
    connections.note_followers(person=person, told=Followers(person.pk, "zhihu", "", 7, at.date()), now=now)
    connections.refer([Referral(other.pk, person.pk, "code", at)], now=now, source="api")
    handover = FriendHandover.objects.create(giver=member, at=now, friends=0, groups=0)
    return {
        examples.HANDOVER: handover.public_id,
        examples.FRIENDSHIP: Friendship.objects.get().public_id,
        examples.FOLLOW: Follow.objects.get().public_id,
        examples.GROUP_CHAT: GroupChat.objects.get().public_id,
        examples.REFERRAL: ReferralEdge.objects.get().public_id,
    }


def _bulk(boss: Staff, now: datetime) -> dict[str, str]:
    of = people.start_bulk(act="owner", value={"owner": None}, chosen=Wanted(), by=boss, now=now)
    governance.notify(staff=boss, kind="bulk.done", subject=of.public_id, name="owner", now=now)
    view = people.save_view(name="All", asked={"level": "customer"}, by=boss, shared=True, now=now)
    return {
        examples.BULK: of.public_id,
        examples.VIEW: view.public_id,
        examples.NOTICE: Notice.objects.get(staff=boss).public_id,
    }


def _people_export(boss: Staff, now: datetime) -> dict[str, str]:
    shape = Shape(columns=("name", "email"))
    of = exports.start_export(of=Wanted(), shape=shape, by=boss, reason="asked", now=now)
    while exports.export_lane(now=now):
        pass
    return {examples.PEOPLE_EXPORT: of.public_id}


def _people_export_is(state: str) -> Callable[[World], Any]:
    return lambda world: Export.objects.update(state=state)


def _bulk_is(**changes: Any) -> Callable[[World], Any]:
    return lambda world: Bulk.objects.update(**changes)


def _doubtful(world: World) -> None:
    """One message of a broadcast that was sent, of which the answer was lost."""
    _state("done")(world)
    message = Message.objects.create(
        origin=world.ids[examples.BROADCAST],
        person=Person.objects.get(public_id=world.ids[examples.PERSON]),
        account=Account.objects.get(),
        purpose="marketing",
        state="unknown",
        planned_at=world.now,
        settled_at=world.now,
    )
    world.ids[examples.MESSAGE] = message.public_id  # type: ignore[index]


def _member(**changes: Any) -> Callable[[World], Any]:
    """The member of staff of the examples, owner of the person, in another state."""

    def put(world: World) -> None:
        rows = Staff.objects.filter(public_id=world.ids[examples.STAFF])
        Person.objects.update(owner=rows.get())
        rows.update(is_active=False, **changes)

    return put


def _next_key(world: World) -> None:
    channels.make_key(account=Account.objects.get(), by=world.boss, now=world.now)


def _import(world: World) -> Import:
    """One of its own: what a run does to its files is not taken back."""
    of = uploaded(_table(), COLUMNS, now=world.now, by=world.boss)
    world.ids[examples.IMPORT] = of.public_id  # type: ignore[index]
    return of


def _table() -> io.BytesIO:
    return csv_file(["name", "email", "note"], ["Ann", "ann@example.test", ""], ["Bad", "bad@", ""])


def _state(state: str) -> Callable[[World], None]:
    """A broadcast that has come so far."""

    def put(world: World) -> None:
        broadcast = Broadcast.objects.get(public_id=world.ids[examples.BROADCAST])
        reach.confirm(broadcast=broadcast, by=world.boss, now=world.now)
        Broadcast.objects.filter(pk=broadcast.pk).update(state=state)

    return put


def _empty_unit(world: World) -> None:
    world.ids[examples.UNIT] = governance.add_unit(name="Empty").public_id  # type: ignore[index]


def _running(world: World) -> None:
    people.run_import(of=checked(_import(world), world.now), now=world.now)


def _stopped(world: World) -> None:
    _running(world)
    Import.objects.update(state="cancelled")


def _workbook(world: World) -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        book.add_worksheet("First").write_row(0, 0, ["name"])
        sheet = book.add_worksheet("Members")
        sheet.write_row(0, 0, ["name", "email"])
        sheet.write_row(1, 0, ["Ann", "ann@example.test"])
    file.seek(0)
    of = people.start_import(file=file, filename="people.xlsx", kind="people", by=None, now=world.now)
    world.ids[examples.IMPORT] = of.public_id  # type: ignore[index]


# What must have happened before an example can be sent.
BEFORE: Mapping[str, Callable[[World], Any]] = {
    "remove_unit": _empty_unit,
    "resume_bulk": _bulk_is(state="stopped"),
    "stop_people_export": _people_export_is("running"),
    "resume_people_export": _people_export_is("stopped"),
    "stop_friend_handover": lambda world: FriendHandover.objects.update(state="running"),
    "resume_friend_handover": lambda world: FriendHandover.objects.update(state="stopped"),
    "undo_bulk": lambda world: _bulk_is(state="done", changed=1, finished_at=world.now)(world),
    "retry_erasure": lambda world: PersonErasure.objects.update(state="failed"),
    "delete_audience": lambda world: (Broadcast.objects.all().delete(), TagRule.objects.all().delete()),
    "delete_content": lambda world: Broadcast.objects.all().delete(),
    "list_doubtful": _doubtful,
    "settle_doubtful": _doubtful,
    "use_signing_key": _next_key,
    "drop_signing_key": _next_key,
    "hand_over_people": _member(),
    "invite_again": _member(is_invited=True),
    "withdraw_invitation": _member(is_invited=True),
    "choose_sheet": _workbook,
    "run_import": lambda world: checked(_import(world), world.now),
    "stop_import": _running,
    "resume_import": _stopped,
    "undo_import": lambda world: done(_import(world), world.now),
    "get_rejected_rows": lambda world: done(_import(world), world.now),
    "pause_broadcast": _state("sending"),
    "resume_broadcast": _state("paused"),
    "cancel_broadcast": _state("sending"),
}
