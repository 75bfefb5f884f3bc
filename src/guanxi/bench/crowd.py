"""A workspace with as many people as one asks for, written by COPY as the owner of the tables, by two processes.

Names in Han, Hangul and Latin as common as they are in life, so that a search for 王 finds tens of thousands; sealed
addresses, owners, units, levels, traits and a few notes. Everything is drawn from a seed.
"""

from __future__ import annotations

import multiprocessing
import os
import random
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql

from guanxi.governance import operations as governance
from guanxi.governance import queries
from guanxi.governance.models import Role, User, Workspace
from guanxi.kit import crypto, keys, names
from guanxi.people.models import Field

CHUNK = 20_000
PROCESSES = 2
SINCE = timedelta(days=1_100)

# The first of each list bear about half of all names of that script.
HAN = "王李张刘陈杨黄赵周吴徐孙朱马胡郭林何高梁郑罗宋谢唐韩曹许邓萧冯曾程蔡彭潘袁于董余苏叶吕魏"
HAN_GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰婷雪琳晨阳宇轩浩然子涵雨桐思远嘉怡梓萱"
    "欣怡俊熙晓敏建国志强文博海燕春梅云飞天佑一诺"
)
HANGUL = "김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구민"
HANGUL_GIVEN = (
    *("서연", "민준", "지우", "서준", "하은", "도윤", "예준", "시우", "수빈", "지민", "현우", "유나", "은지"),
    *("성민", "태희", "나연", "재현", "동하", "소율", "가은", "지훈", "미래", "영수", "정숙", "보라", "하늘"),
)
FAMILY = (
    *("Smith", "Müller", "García", "Rossi", "Silva", "Novak", "Fischer", "Weber", "Johnson", "Martin", "Nguyen"),
    *("Ivanova", "Brown", "Schmidt", "Lopez", "Ferrari", "Santos", "Kowalski", "Becker", "Hoffmann", "Williams"),
    *("Bernard", "Tran", "Petrov", "Jones", "Schneider", "Perez", "Russo", "Oliveira", "Svoboda", "Keller"),
    *("Wagner", "Davis", "Dubois", "Pham", "Popov", "Miller", "Koch", "Bianchi", "Dvorak", "Moreau", "Hoang"),
    *("Volkova", "Romano", "Lange", "Clark", "Huynh", "O'Neill", "Åberg", "Łukasik", "Çelik", "Öztürk", "Šimić"),
)
GIVEN = (
    *("Anna", "Emma", "Jonas", "Mia", "Luca", "Ana", "Maria", "Paul", "Leon", "Sofia", "Elena", "David", "Laura"),
    *("Max", "Julia", "Marco", "Lena", "Thomas", "Nina", "Peter", "Clara", "Ivan", "Olga", "Hugo", "Sara", "Felix"),
    *("Marta", "Diego", "Eva", "Oscar", "Ida", "Tom", "Alice", "Bruno", "Rosa", "Simon", "Noah", "Zoë", "Renée"),
)
CITIES = (
    *("上海", "北京", "深圳", "杭州", "成都", "广州", "苏州", "南京", "武汉", "西安", "서울", "부산", "인천", "대구"),
    *("Berlin", "Hamburg", "Lisboa", "Milano", "Praha", "Warszawa"),
)
LEVELS = ("visitor", "interactor", "fan", "friend", "customer")
SOURCES = ("import", "form", "api", "by_hand")

PERSON = (
    "id public_id name sort_key level owner_id unit_id country language salt source created_at last_seen_at erased_at"
)
IDENTITY = "id public_id person_id kind lookup sealed plain last4 source created_at"
COLUMNS = {
    "people_person": f"{PERSON} fewer_messages merged_into_id",
    "people_nameword": "word sort_key person_id",
    "people_identity": "id public_id person_id kind lookup sealed plain last4 source created_at",
    "people_trait": "person_id field_id value",
    "people_levelproof": "person_id level proof label since ended_by",
    "people_note": "id public_id person_id by_id sealed at",
}


@dataclass(frozen=True)
class Plan:
    """What every process has to know. `owners` are (staff, their unit); ids of fields by key."""

    url: str
    workspace: int
    people: int
    first: int
    owners: Sequence[tuple[int, int]]
    units: Sequence[int]
    fields: dict[str, int]
    now: datetime


def settle(people: int) -> Workspace:
    """A workspace with 20 stores, 200 advisors and this many people. Its owner is boss@example.test, the manager of a
    store store@example.test, of a region region@example.test, an advisor advisor0@example.test.

    `GUANXI_DATABASE_OWNER_URL` says where; indexes are made anew after the rows.
    """
    boss = User.objects.create_user(email="boss@example.test", name="Boss")
    workspace = governance.create_workspace(name="Crowd", owner=boss, country="CN", timezone="Asia/Shanghai")
    with queries.entered(workspace):
        regions = [governance.add_unit(name=name) for name in ("华东", "华南", "서울", "Nord")]
        stores = [governance.add_unit(name=f"Store {n}", parent=regions[n % len(regions)]) for n in range(20)]
        governance.add_staff(email="region@example.test", name="Region", role=Role.MANAGER, unit=regions[0])
        governance.add_staff(email="store@example.test", name="Store", role=Role.MANAGER, unit=stores[0])
        advisors = [
            governance.add_staff(
                email=f"advisor{n}@example.test", name=f"Advisor {n}", role=Role.ADVISOR, unit=stores[n % len(stores)]
            )
            for n in range(200)
        ]
        kinds = {"city": "text", "points": "number", "birthday": "date", "newsletter": "yes_no"}
        fields = {key: Field.objects.create(key=key, label=key.title(), kind=kind).pk for key, kind in kinds.items()}
        _fill(people, [(one.pk, one.unit_id or 0) for one in advisors], fields, workspace.pk)
    return workspace


def _fill(people: int, owners: Sequence[tuple[int, int]], fields: dict[str, int], workspace: int) -> None:
    url = os.environ["GUANXI_DATABASE_OWNER_URL"]
    with closing(psycopg.connect(url, autocommit=True)) as owner:
        row = owner.execute("SELECT coalesce(max(id), 0) + 1 FROM people_person").fetchone()
        units = sorted({unit for _staff, unit in owners})
        plan = Plan(url, workspace, people, row[0] if row else 1, owners, units, fields, datetime.now(UTC))
        dropped = list(without_indexes(owner, COLUMNS))
        starts = range(0, people, CHUNK)
        with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("fork")) as pool:
            list(pool.map(_write, [plan] * len(starts), starts))
        for definition in dropped:
            owner.execute(definition.encode())
        for table in COLUMNS:
            name = sql.Identifier(table)
            serial = sql.SQL("SELECT setval(pg_get_serial_sequence({}, 'id'), (SELECT coalesce(max(id), 1) FROM {}))")
            owner.execute(serial.format(sql.Literal(table), name))
    rest()


def rest() -> None:
    """Nothing of what was loaded is left to do beside a measurement: the tables are swept and counted, and written."""
    with closing(psycopg.connect(os.environ["GUANXI_DATABASE_SUPERUSER_URL"], autocommit=True)) as connection:
        connection.execute("VACUUM (FREEZE, ANALYZE)")
        connection.execute("CHECKPOINT")


def without_indexes(owner: psycopg.Connection[Any], tables: Iterable[str]) -> Iterator[str]:
    """Take away the indexes that no constraint needs, and say how to make them again."""
    found = owner.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index "
        "WHERE indrelid = ANY(%s::regclass[]) AND NOT EXISTS "
        "(SELECT FROM pg_constraint WHERE conindid = indexrelid)",
        [list(tables)],
    ).fetchall()
    for name, definition in found:
        owner.execute(f"DROP INDEX {name}".encode())
        yield definition


def _write(plan: Plan, start: int) -> None:
    made: dict[str, list[str]] = {table: [] for table in COLUMNS}
    chance = random.Random(start)
    for number in range(start, min(start + CHUNK, plan.people)):
        _person(plan, number, chance, made)
    with closing(psycopg.connect(plan.url)) as owner:
        for table, lines in made.items():
            columns = sql.SQL(", ").join(map(sql.Identifier, ["workspace_id", *COLUMNS[table].split()]))
            statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), columns)
            with owner.cursor().copy(statement) as copy:
                copy.write("".join(lines))
        owner.commit()


def _person(plan: Plan, number: int, chance: random.Random, made: dict[str, list[str]]) -> None:
    pk, salt = plan.first + number, chance.randbytes(16)
    name, country, language = _named(chance)
    owner, unit = _place(plan, chance)
    level = chance.choices(LEVELS, (35, 20, 15, 12, 18))[0]
    source = chance.choices(SOURCES, (70, 19, 10, 1))[0]
    created = plan.now - SINCE * chance.random()
    seen = created + (plan.now - created) * chance.random() if chance.random() < 0.45 else None
    erased = created if chance.random() < 0.001 else None
    merged = pk - 1 if number % CHUNK and chance.random() < 0.004 else None

    def line(table: str, *cells: Any) -> None:
        made[table].append("\t".join(map(_cell, (plan.workspace, *cells))) + "\n")

    known = (pk, keys.new("psn"), name, names.sort_key(name), level, owner, unit, country, language, salt, source)
    line("people_person", *known, created, seen, erased, False, merged)
    for word in names.words(name):
        line("people_nameword", word, names.sort_key(name), pk)
    for kind, value in _addresses(number, country, chance):
        held = pk * 3 + ("email", "phone", "customer_number").index(kind)
        personal = kind != "customer_number"
        sealed = _sealed(plan, "people_identity", salt, held, value) if personal else None
        found = (crypto.lookup(plan.workspace, kind, value), sealed, "" if personal else value)
        last4 = value[-4:] if kind == "phone" else ""
        line("people_identity", held, keys.new("idn"), pk, kind, *found, last4, source, created)
    for key, value in _traits(chance):
        line("people_trait", pk, plan.fields[key], value)
    if level == "customer":
        line("people_levelproof", pk, "customer", "order.paid", f"2026-{number}", created, "")
    if owner and chance.random() < 0.002:  # one note a person, so that their ids will do
        sealed = _sealed(plan, "people_note", salt, pk, "Asked to be called in the afternoon.")
        line("people_note", pk, keys.new("nte"), pk, owner, sealed, plan.now)


def _named(chance: random.Random) -> tuple[str, str, str]:
    """Name, country and language."""
    draw = chance.random()
    if draw < 0.55:
        given = "".join(chance.choices(HAN_GIVEN, k=1 if chance.random() < 0.2 else 2))
        return _common(HAN, chance) + given, "CN", "zh-hans"
    if draw < 0.75:
        return _common(HANGUL, chance) + chance.choice(HANGUL_GIVEN), "KR", "ko"
    if draw < 0.97:
        return f"{chance.choice(GIVEN)} {_common(FAMILY, chance)}", "DE", "en"
    return "", "", ""


def _common(family: Sequence[str], chance: random.Random) -> str:
    """The earlier in the list, the more often."""
    return family[int(len(family) * chance.random() ** 2.2)]


def _place(plan: Plan, chance: random.Random) -> tuple[int | None, int | None]:
    draw = chance.random()
    if draw < 0.6:
        return chance.choice(plan.owners)
    return None, chance.choice(plan.units) if draw < 0.75 else None


def _addresses(number: int, country: str, chance: random.Random) -> Iterator[tuple[str, str]]:
    if chance.random() < 0.7:
        yield "email", f"person{number}@example.test"
    if chance.random() < 0.8:
        yield "phone", f"+8210{number:08d}" if country == "KR" else f"+8613{chance.randrange(10)}{number:08d}"
    if chance.random() < 0.2:
        yield "customer_number", f"C-{number}"


def _traits(chance: random.Random) -> Iterator[tuple[str, str]]:
    if chance.random() < 0.8:
        yield "city", chance.choice(CITIES)
    if chance.random() < 0.5:
        yield "points", str(chance.randrange(0, 5_000))
    if chance.random() < 0.3:
        yield "birthday", f"{chance.randrange(1950, 2010)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}"
    if chance.random() < 0.4:
        yield "newsletter", "yes" if chance.random() < 0.6 else "no"


def _sealed(plan: Plan, table: str, salt: bytes, row: int, value: str) -> bytes:
    return crypto.seal(value, workspace_id=plan.workspace, salt=salt, table=table, column="sealed", row=row)


def _cell(value: Any) -> str:
    match value:
        case None:
            return "\\N"
        case bool():
            return "t" if value else "f"
        case bytes():
            return "\\\\x" + value.hex()
        case datetime():
            return value.isoformat()
        case _:
            return str(value)
