"""A workspace after a few months: people, orders, audiences, broadcasts and imports in each of their states.

What is told of these people is in Chinese and Korean, so that English on a page of those languages is ours.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from guanxi.audiences import operations as audiences
from guanxi.channels.models import Account, Message, MessageState
from guanxi.content import operations as contents
from guanxi.content.models import Content
from guanxi.content.queries import Words
from guanxi.governance import operations as governance
from guanxi.governance.models import Role, Staff
from guanxi.kit import clock
from guanxi.people import operations as people
from guanxi.people.models import Field, Import, Person
from guanxi.reach import operations as reach
from guanxi.reach.models import Broadcast, BroadcastState
from tests.commerce.importing import bring
from tests.console.things import Things, make_things
from tests.console.ties import make_many_ties
from tests.factories import channels as make
from tests.factories.reach import EVERYBODY, draft, into_lake, write_lake

HOW_MANY = 50
FAMILY, GIVEN = "王李张刘陈杨赵黄周吴", ("晓敏", "建国", "思远", "雨桐", "子墨")
PRODUCTS = "number,name,department\ntea,龙井绿茶,饮料\ncup,青瓷茶杯,家居\n"
CITIES = ("上海", "서울", "杭州", "부산", "成都")


@dataclass(frozen=True)
class World:
    """`things` fill the addresses of the matrix; `imports` and `broadcasts` are public ids by state."""

    things: Things
    imports: dict[str, str]
    broadcasts: dict[str, str]


def make_world() -> World:
    now = clock.now()
    things = make_things()
    buyers = make_people(now)
    make_orders(buyers, now)
    account = Account.objects.get(public_id=things.account)
    make_many_ties(buyers[:30], list(Staff.objects.filter(role=Role.ADVISOR, is_active=True).order_by("pk")), account)
    letter = contents.save_content(
        name="春季新品",
        variants=[
            Words("zh-hans", "{{ person.name }}，新茶上市", "{{ person.name }}，您好：\n\n**新茶** 到店了。"),
            Words("ko", "{{ person.name }} 님, 햇차가 나왔습니다", "**햇차**가 들어왔습니다."),
            Words("en", "新茶", "**新茶**"),
        ],
        fall_back=True,
        by=None,
        now=now,
    )
    make_messages(buyers[:30], account, now)
    for number in range(12):
        rule = EVERYBODY if number % 2 else {"version": 1, "where": {"type": "level", "levels": ["customer"]}}
        audiences.save_audience(name=f"老客户 {number}", rule=rule, by=None, now=now)
    return World(things, make_imports(now), make_broadcasts(account, letter, now))


def make_people(now: datetime) -> list[Person]:
    store = governance.add_unit(name="人民广场店", parent=governance.add_unit(name="华东大区"))
    advisor = Staff.objects.filter(role=Role.ADVISOR).order_by("pk").first()
    for key, label, kind in (("city", "城市", "text"), ("points", "积分", "number"), ("vip", "贵宾", "yes_no")):
        Field.objects.create(key=key, label=label, kind=kind)
    made = []
    for number in range(HOW_MANY):
        name = "김서연" if number % 7 == 3 else FAMILY[number % 10] + GIVEN[number // 10]
        person = people.create_person(
            now=now - timedelta(days=number),
            name=name,
            identities={
                "email": f"p{number}@example.test",
                "phone": f"+861381234{2210 + number}",
                "customer_number": f"C-{number}",
            },
            owner=advisor if number % 2 else None,
            unit=store,
            country=("CN", "KR")[number % 2],
            language=("zh-hans", "ko")[number % 2],
            traits={"city": CITIES[number % 5], "points": str(number * 40), "vip": "yes" if number % 3 else "no"},
        )
        if number % 4:
            make.say(f"p{number}@example.test", number % 4 < 3, now - timedelta(days=90))
        made.append(person)
    make.suppress("p5@example.test", now, "hard_bounce")
    make.suppress("p9@example.test", now)
    make.suppress("nobody@example.test", now, "manual")
    return made


def make_orders(buyers: list[Person], now: datetime) -> None:
    bring("products", PRODUCTS, now)
    rows = "\n".join(
        f"O-{n},C-{n % 20},{now - timedelta(days=1 + n):%Y-%m-%d} 10:00,人民广场店,{product},1,{10 + n}.50"
        for n in range(60)
        for product in ("tea", "cup")
    )
    bring("orders", f"order,customer,placed_at,store,product,quantity,amount\n{rows}\n", now)
    into_lake(buyers, now)
    write_lake(now)


def make_messages(to: list[Person], account: Account, now: datetime) -> None:
    states = [state for state in MessageState.values if state != MessageState.SENDING]
    Message.objects.bulk_create(
        Message(
            origin=Broadcast.objects.get().public_id,
            person=person,
            account=account,
            purpose="marketing",
            state=states[number % len(states)],
            reason="cap" if states[number % len(states)] == MessageState.SKIPPED else "",
            planned_at=now,
            address=make.lookup(f"p{number}@example.test"),
        )
        for number, person in enumerate(to)
    )


def make_broadcasts(account: Account, letter: Content, now: datetime) -> dict[str, str]:
    whom = audiences.save_audience(name="所有人", rule=EVERYBODY, by=None, now=now)
    made = {}
    for state in BroadcastState.values:
        one = draft(now, whom, letter, account, hold_out=10, name=f"春季活动 {state}")
        if state != BroadcastState.DRAFT:
            one = reach.confirm(broadcast=one, by=None, now=now)
            Broadcast.objects.filter(pk=one.pk).update(state=state, started_at=now)
        made[state] = one.public_id
    return made


def make_imports(now: datetime) -> dict[str, str]:
    steps: dict[str, list[Callable[[Import], Any]]] = {
        "checking": [check],
        "checked": [check, work],
        "running": [check, work, run],
        "done": [check, work, run, work],
        "undone": [check, work, run, work, undo, work],
    }
    made = {}
    for number, (name, way) in enumerate(steps.items()):
        rows = "".join(f"新客{number}-{n},new{number}-{n}@example.test\n" for n in range(9))
        table = io.BytesIO(f"姓名,邮箱\n{rows}坏地址,nobody\n".encode())
        of = people.start_import(file=table, filename=f"新客户 {number}.csv", kind="people", by=None, now=now)
        of = people.choose_columns(of=of, columns={"姓名": "name", "邮箱": "email"})
        people.choose_options(of=of, options={})
        for step in way:
            of.refresh_from_db()
            step(of)
        made[name] = of.public_id
    return made


def check(of: Import) -> None:
    people.check_import(of=of)


def run(of: Import) -> None:
    people.run_import(of=of, now=clock.now())


def undo(of: Import) -> None:
    people.undo_import(of=of, now=clock.now())


def work(of: Import) -> None:
    people.work_import(import_id=of.pk, now=clock.now())
