"""Make the slice that the demo ships from the whole Complete Journey set: `make_demo.py FOLDER_OF_THE_SET`.

Baskets, products, coupons, redemptions and demographics are the publisher's. Names, addresses, phones, languages,
consent and refunds are invented here from a seed. The same set gives the same files, byte for byte.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

OUT = Path(__file__).resolve().parent.parent / "src" / "guanxi" / "config" / "demo_data"
SEED = 20170927
REDEEMERS, OTHERS = 100, 400

# Steady shoppers only: the year has a story for every one of them, and nobody's baskets fill the file.
HOUSEHOLDS = f"""
    WITH limits AS (SELECT unnest([true, false]) AS redeems, unnest([900, 420]) AS most),
    shoppers AS (
        SELECT household_id, household_id IN (SELECT household_id FROM redemptions) AS redeems, count(*) AS lines,
               count(DISTINCT month(transaction_timestamp)) AS months, max(transaction_timestamp) AS last
        FROM transactions WHERE transaction_timestamp < TIMESTAMP '2018-01-01' GROUP BY household_id),
    steady AS (
        SELECT *, row_number() OVER (PARTITION BY redeems ORDER BY md5(household_id::VARCHAR)) AS place
        FROM shoppers JOIN limits USING (redeems)
        WHERE months >= 10 AND lines BETWEEN 100 AND most AND last >= TIMESTAMP '2017-12-01')
    SELECT household_id FROM steady WHERE place <= CASE WHEN redeems THEN {REDEEMERS} ELSE {OTHERS} END
"""  # noqa: S608
ORDERS = """
    SELECT household_id AS customer, store_id AS store, basket_id AS "order", product_id AS product, quantity,
           round(sales_value * 100)::INTEGER AS amount_minor, transaction_timestamp AS placed_at
    FROM transactions SEMI JOIN households USING (household_id) ORDER BY household_id, placed_at, product
"""
PRODUCTS = """
    SELECT product_id AS product, product_type AS name, department, product_category AS category, brand, package_size
    FROM products WHERE product_id IN (SELECT product FROM orders) ORDER BY product
"""
REDEMPTIONS = """
    SELECT household_id AS customer, coupon_upc AS coupon, campaign_id AS campaign, redemption_date AS redeemed_at
    FROM redemptions SEMI JOIN households USING (household_id) ORDER BY redeemed_at, customer, coupon, campaign
"""
COUPONS = """
    SELECT DISTINCT coupon_upc AS coupon, product_id AS product, campaign_id AS campaign
    FROM coupons WHERE coupon_upc IN (SELECT coupon FROM used) AND product_id IN (SELECT product FROM orders)
    ORDER BY coupon, product, campaign
"""
DEMOGRAPHICS = """
    SELECT household_id AS customer, age, income, home_ownership, household_size, kids_count AS kids
    FROM households LEFT JOIN demographics USING (household_id) ORDER BY md5(household_id::VARCHAR)
"""
TOTALS = 'SELECT "order", sum(amount_minor)::BIGINT AS total, min(placed_at) AS placed_at FROM orders GROUP BY "order"'

ENGLISH = (
    "Olivia Emma Amelia Sophia Grace Hannah Nora Ruby Clara Alice Liam Noah Henry Jack Owen Lucas Oscar Samuel Leo",
    "Walker Bennett Hughes Carter Morgan Fisher Palmer Reed Barnes Cooper Hayes Foster Grant Murray Ellis Shaw Doyle",
)
CHINESE = (
    "王:wang 李:li 张:zhang 刘:liu 陈:chen 杨:yang 黄:huang 赵:zhao 吴:wu 周:zhou 徐:xu 孙:sun 马:ma 朱:zhu 林:lin",
    (
        "欣怡:xinyi 子涵:zihan 雨桐:yutong 思远:siyuan 嘉豪:jiahao 梓萱:zixuan 明轩:mingxuan 静:jing 伟:wei "
        "晓彤:xiaotong 婷婷:tingting 建国:jianguo 丽华:lihua 志强:zhiqiang"
    ),
)
KOREAN = (
    "김:kim 이:lee 박:park 최:choi 정:jung 강:kang 조:cho 윤:yoon 장:jang 임:lim 한:han 오:oh",
    (
        "서연:seoyeon 민준:minjun 지우:jiwoo 하은:haeun 도윤:doyun 수빈:subin 예준:yejun 지민:jimin 현우:hyunwoo"
        " 유진:yujin 은지:eunji 태현:taehyun"
    ),
)
LANGUAGES = (("en", 55), ("zh-hans", 27), ("ko", 18))
# 555-0100 to 555-0199 is kept for fiction in every area code of the North American Numbering Plan.
AREA_CODES = ("212", "646", "718", "914", "516", "585", "716", "315")


def main(source: Path) -> None:
    engine = duckdb.connect()
    for name in ("transactions", "products", "coupons", "demographics"):
        engine.execute(f"CREATE VIEW {name} AS FROM read_parquet('{source / name}.parquet')")
    engine.execute(f"CREATE VIEW redemptions AS FROM read_parquet('{source / 'coupon_redemptions'}.parquet')")
    engine.execute(f"CREATE TABLE households AS {HOUSEHOLDS}")
    engine.execute(f"CREATE TABLE orders AS {ORDERS}")
    engine.execute(f"CREATE TABLE used AS {REDEMPTIONS}")
    chance = random.Random(SEED)  # noqa: S311
    write("people", people(engine.sql(DEMOGRAPHICS).to_arrow_table().to_pylist(), chance))
    write("products", engine.sql(PRODUCTS).to_arrow_table())
    write("orders", engine.sql('FROM orders ORDER BY placed_at, "order", product').to_arrow_table())
    write("refunds", refunds(engine.sql(f'{TOTALS} ORDER BY placed_at, "order"').to_arrow_table().to_pylist(), chance))
    write("coupons", engine.sql(COUPONS).to_arrow_table())
    write("redemptions", engine.sql("FROM used").to_arrow_table())


def write(name: str, table: pa.Table) -> None:
    path = OUT / f"{name}.parquet"
    pq.write_table(table, path, compression="zstd", compression_level=19, store_schema=False)
    print(f"{name:12} {table.num_rows:>8,} rows {path.stat().st_size:>10,} bytes")


def people(households: list[dict[str, object]], chance: random.Random) -> pa.Table:
    taken: set[str] = set()
    rows = [person(place, household, chance, taken) for place, household in enumerate(households)]
    return pa.Table.from_pylist(sorted(rows, key=lambda row: int(str(row["customer"]))))


def person(place: int, household: dict[str, object], chance: random.Random, taken: set[str]) -> dict[str, object]:
    (language,) = chance.choices([code for code, _ in LANGUAGES], [share for _, share in LANGUAGES])
    name, local = invented_name(language, chance)
    if chance.random() < 0.03:
        local = f"bounce.{local}"
    number = next(n for n in range(1, 1000) if f"{local}{n if n > 1 else ''}" not in taken)
    local = f"{local}{number if number > 1 else ''}"
    taken.add(local)
    phone = f"({AREA_CODES[place // 100]}) 555-{100 + place % 100:04d}"
    return {
        "customer": household["customer"],
        "name": name,
        "email": f"{local}@example.test" if chance.random() < 0.97 else "",
        "phone": phone if chance.random() < 0.85 else "",
        "language": language,
        "marketing_consent": "yes" if chance.random() < 0.7 else "no",
        **{key: value or "" for key, value in household.items() if key != "customer"},
    }


def invented_name(language: str, chance: random.Random) -> tuple[str, str]:
    """The name as it is written, and the local part of an address made from it."""
    if language == "en":
        given, family = (chance.choice(names.split()) for names in ENGLISH)
        return f"{given} {family}", f"{given}.{family}".lower()
    (family, family_latin), (given, given_latin) = (
        chance.choice(names.split()).split(":") for names in (CHINESE if language == "zh-hans" else KOREAN)
    )
    return f"{family}{given}", f"{given_latin}.{family_latin}"


def refunds(orders: list[dict[str, object]], chance: random.Random) -> pa.Table:
    """About one order in a hundred comes back two to nine days later, half of them whole."""
    rows = []
    for order in orders:
        total = int(str(order["total"]))
        if total < 200 or chance.random() >= 0.01:
            continue
        amount = total if chance.random() < 0.5 else chance.randint(100, total - 1)
        row = {"refund": f"R{order['order']}", "order": order["order"], "amount_minor": amount}
        rows.append(row | {"after_days": chance.randint(2, 9), "placed_at": order["placed_at"]})
    return returned(pa.Table.from_pylist(rows))


def returned(rows: pa.Table) -> pa.Table:
    with duckdb.connect() as engine:
        engine.register("rows", rows)
        return engine.sql(
            'SELECT refund, "order", amount_minor, placed_at + to_days(after_days::INTEGER) AS refunded_at FROM rows '
            "ORDER BY refunded_at, refund"
        ).to_arrow_table()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
