"""One of each thing in a workspace, so that every address of the access matrix leads somewhere."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass

from guanxi.acquisition import operations as acquisition
from guanxi.acquisition.models import EventName, SourceKind
from guanxi.acquisition.queries import source_of_key
from guanxi.audiences import operations as audiences
from guanxi.audiences.models import Audience
from guanxi.audiences.operations import exports
from guanxi.audiences.queries.exports import Shape
from guanxi.channels.models import Account, Message
from guanxi.channels.queries import BY_HAND, link, preferences_link
from guanxi.connections.models import FriendHandover
from guanxi.content import operations as contents
from guanxi.content.queries import Words
from guanxi.governance import operations as governance
from guanxi.governance.models import Notice, Role, Staff
from guanxi.governance.queries import Permission
from guanxi.integrations import operations as integrations
from guanxi.kit import clock
from guanxi.people import operations as people
from guanxi.people import queries as people_queries
from guanxi.people.models import Identity, Import, Pair, Person
from guanxi.reach import operations as reach
from guanxi.reach.models import Broadcast, BroadcastState
from tests.console.ties import make_ties
from tests.factories import channels as make


@dataclass(frozen=True)
class Things:
    """Public ids, and the tokens of a message's links."""

    staff: str
    file: str
    person: str
    attachment: str
    export: str
    erasure: str
    note: str
    unsubscribe: str
    preferences: str
    opened: str
    account: str
    unit: str
    tag_group: str
    tag: str
    tag_rule: str
    role_field: str
    audience: str
    content: str
    broadcast: str
    key: str
    endpoint: str
    source: str
    write_key: str
    sent_event: str
    kept_event: str
    delivery: str
    view: str
    bulk: str
    list_file: str
    notice: str
    merge: str
    pair: str
    id_kind: str
    group: str
    handover: str


def make_things() -> Things:
    governance.beat(process="worker:lake", now=clock.wall())
    message = make_message()
    broadcast = make_broadcast(message.account)
    assert broadcast.audience and broadcast.content
    someone = governance.add_staff(email="someone@example.test", name="Someone", role=Role.ADVISOR)
    boss = Staff.objects.get(role=Role.OWNER)
    note = people.add_note(person=message.person, by=someone, text="Likes tea", now=clock.now())
    change = people.start_bulk(
        act="owner", value={"owner": None}, chosen=people_queries.Wanted(), by=boss, now=clock.now()
    )
    governance.notify(staff=boss, kind="bulk.done", subject=change.public_id, name="owner", now=clock.now())
    endpoint, _ = integrations.make_endpoint(
        url="https://shop.example/hooks", events=["order.paid"], name="Shop", by=someone, now=clock.now()
    )
    site = make_source()
    return Things(
        staff=someone.public_id,
        file=make_file(),
        person=message.person.public_id,
        attachment=make_attachment(message.person),
        export=make_export(message.person),
        erasure=make_erasure(),
        note=note.public_id,
        preferences=preferences_of(message.person),
        unsubscribe=link(message, "unsubscribe").rpartition("/")[2],
        opened=link(message, "open").rpartition("/")[2].removesuffix(".gif"),
        account=message.account.public_id,
        unit=governance.add_unit(name="A unit").public_id,
        **make_tags(broadcast.audience, boss),
        role_field=make_role_field(boss),
        audience=broadcast.audience.public_id,
        content=broadcast.content.public_id,
        broadcast=broadcast.public_id,
        bulk=change.public_id,
        list_file=make_list_file(boss),
        notice=Notice.objects.get(staff=boss, kind="bulk.done").public_id,
        key=make_key(),
        endpoint=endpoint.public_id,
        source=site.source.public_id,
        write_key=site.key,
        sent_event=make_sent_event(site.key),
        kept_event=make_kept_event(),
        delivery=integrations.send_test(endpoint=endpoint, now=clock.now()).public_id,
        merge=make_merge(message.person),
        pair=make_pair(message.person),
        id_kind=make_id_kind(boss),
        group=make_ties(message.person, someone, message.account),
        handover=str(FriendHandover.objects.create(giver=someone, at=clock.now(), friends=0, groups=0).public_id),
        view=people.save_view(name="All", asked={}, by=boss, shared=True, now=clock.now()).public_id,
    )


def make_tags(audience: Audience, boss: Staff) -> dict[str, str]:
    group = people.create_tag_group(name="Kind", by=boss, now=clock.now())
    tag, _other = people.create_tags(group=group, names=["VIP", "New"], by=boss, now=clock.now())
    rule = audiences.make_tag_rule(audience=audience, tag=tag, because="Bought", by=boss, now=clock.now())
    return {"tag_group": group.public_id, "tag": tag.public_id, "tag_rule": rule.public_id}


def make_role_field(boss: Staff) -> str:
    """A field with which opinion leaders begin."""
    at = clock.now()
    made = people.create_field(label="Topic", kind="choice", choices=["Tea", "Cooking"], by=boss, now=at)
    fields = [people.WantedField(made.pk, "Tea")]
    people.set_role_rules(role="leader", priority=1, fields=fields, version=0, by=boss, now=at)
    return str(made.public_id)


def make_merge(person: Person) -> str:
    other = people.create_person(now=clock.now(), name="Twin", source="test")
    return str(people.merge_people(keep=person, drop=other, by=None, now=clock.now()).public_id)


def make_pair(person: Person) -> str:
    other = people.create_person(now=clock.now(), name="Double", source="test")
    pair: Pair = Pair.objects.create(
        first=person, second=other, origin="conflict", evidence={"conflict": ["customer_number"]}, found_at=clock.now()
    )
    return str(pair.public_id)


def make_id_kind(boss: Staff) -> str:
    """One that somebody has."""
    made = people.add_kind(wanted=people.KindWanted("Loyalty card"), key="loyalty", by=boss, now=clock.now())
    people.link_many([people.Call([("loyalty", "C-7")], clock.now())], source="test", now=clock.now())
    return str(made.public_id)


def make_source() -> acquisition.MadeSource:
    return acquisition.make_source(
        name="Website", kind=SourceKind.BROWSER, origins=["https://shop.example"], by=None, now=clock.wall()
    )


def make_sent_event(key: str) -> str:
    """One that was taken; with it came one that was refused, and one that still waits."""
    known = source_of_key(key)
    assert known
    told = {
        "type": "track",
        "event": "商品浏览",
        "anonymousId": "v-1",
        "properties": {"品类": "茶", "email": "a@b.example"},
    }
    for sent in ([told, {"type": "track", "anonymousId": "v-1"}], [told]):
        body = json.dumps({"batch": sent}).encode()
        acquisition.take(key=known, call="batch", body=body, packed=None)
        if len(sent) > 1:
            acquisition.lane(now=clock.now())
    return str(EventName.objects.get().public_id)


def make_kept_event() -> str:
    """One that nobody can make forgotten, as it is blocked."""
    at = clock.now()
    known = EventName(key="track.old_offer", name="Old Offer", first_seen_at=at, last_seen_at=at, blocked_at=at)
    known.save()
    return str(known.public_id)


def make_key() -> str:
    maker = governance.add_staff(email="maker@example.test", name="Maker", role=Role.INTEGRATOR)
    made = governance.make_key(by=maker, name="Shop", scopes=[Permission.PEOPLE_IMPORT], now=clock.wall())
    return str(made.key.public_id)


def preferences_of(person: Person) -> str:
    identity = Identity.objects.get(person=person)
    until = clock.wall() + BY_HAND
    url = preferences_link(workspace_id=person.workspace_id, identity_id=identity.pk, until=until)
    return url.rpartition("/")[2]


def make_attachment(person: Person) -> str:
    file = io.BytesIO(b"%PDF-1.7 a card")
    return str(people.attach_file(person=person, by=None, file=file, filename="card.pdf", now=clock.now()).public_id)


def make_export(person: Person) -> str:
    """Ready to be downloaded."""
    job = people.export_person(person=person, by=None, reason="They asked", now=clock.now())
    people.work_personal(now=clock.now())
    return str(job.public_id)


def make_list_file(boss: Staff) -> str:
    """Of everyone, ready to be downloaded."""
    shape = Shape(columns=("name", "email", "phone"))
    of = exports.start_export(of=people_queries.Wanted(), shape=shape, by=boss, why="analysis", now=clock.now())
    while exports.export_lane(now=clock.now()):
        pass
    return str(of.public_id)


def make_erasure() -> str:
    gone = people.create_person(now=clock.now(), name="Gone")
    return str(people.erase_person(person=gone, by=None, reason="They asked", now=clock.now()).public_id)


def make_message() -> Message:
    """One that left, to a person without an owner in another unit than any of the staff."""
    now = clock.now()
    person = make.person(now, "emma@example.test")
    Person.objects.filter(pk=person.pk).update(unit=governance.add_unit(name="Elsewhere"))
    sent: Message = Message.objects.create(
        origin="cnt_a",
        person=person,
        account=make.account(now),
        purpose="marketing",
        state="accepted",
        planned_at=now,
        address=make.lookup("emma@example.test"),
    )
    return sent


def make_broadcast(account: Account) -> Broadcast:
    """One that is over: no act of one visitor changes what the next one may do."""
    now = clock.now()
    rule = {"version": 1, "where": {"type": "level", "levels": ["customer"]}}
    audience = audiences.save_audience(name="Customers", rule=rule, by=None, now=now)
    letter = contents.save_content(
        name="Hello", variants=[Words("en", "Hello", "Hello")], fall_back=False, by=None, now=now
    )
    made = reach.save_broadcast(name="Hello all", audience=audience, content=letter, account=account, by=None, now=now)
    Broadcast.objects.filter(pk=made.pk).update(state=BroadcastState.DONE, confirmed_at=now, started_at=now)
    return made


def make_file() -> str:
    """An uploaded file of people whose columns are still to be chosen."""
    table = io.BytesIO(b"name,email\nLin,lin@example.test\n")
    made: Import = people.start_import(file=table, filename="people.csv", kind="people", by=None, now=clock.now())
    return str(made.public_id)
