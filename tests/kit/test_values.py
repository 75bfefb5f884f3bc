import pytest

from guanxi.kit import addresses, keys, money, names


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12.34", "CNY", 1234),
        ("1,234.50", "USD", 123450),
        ("-5", "USD", -500),
        ("120", "JPY", 120),
        ("3.10", "KRW", None),
    ],
)
def test_amounts_are_read_exactly_or_refused(text: str, currency: str, minor: int | None) -> None:
    if minor is None:
        with pytest.raises(money.NotMoney):
            money.parse_minor(text, currency)
    else:
        assert money.parse_minor(text, currency) == minor


@pytest.mark.parametrize("text", ["", "abc", "1e5", "12.345", "1,23", "١٢", "NaN", "--1", "9" * 20])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(money.NotMoney):
        money.parse_minor(text, "CNY")


def test_money_is_shown_as_the_reader_writes_it() -> None:
    amount = money.Money(123450, "CNY")
    assert [amount.format(locale) for locale in ("en", "zh-hans", "ko")] == ["CN¥1,234.50", "¥1,234.50", "CN¥1,234.50"]


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("138 0000 2210", "CN", "+8613800002210"),
        ("010-1234-4821", "KR", "+821012344821"),
        ("+49 30 1234567", "CN", "+49301234567"),
    ],
)
def test_one_phone_has_one_spelling(text: str, country: str, number: str) -> None:
    assert addresses.phone(text, country) == number


def test_a_domain_has_one_spelling() -> None:
    assert (
        addresses.email("Li.Na@xn--r8jz45g.xn--zckzah") == addresses.email("li.na@例え.テスト") == "li.na@例え.テスト"
    )


@pytest.mark.parametrize(
    "text", ["", "a", "a@b", "a@b.c\nBcc: d@e.f", "a b@c.de", "<a@b.cd>", "a@b.cd,c@d.ef", "a@@b.cd"]
)
def test_what_is_no_mailbox_is_refused(text: str) -> None:
    with pytest.raises(addresses.BadAddress):
        addresses.email(text)


def test_one_mailbox_has_one_spelling() -> None:
    assert addresses.email(" Lin@Example.TEST ") == addresses.email("ｌｉｎ@example.test") == "lin@example.test"


def test_names_are_found_by_words_and_by_pairs_of_characters() -> None:
    assert names.words("王晓敏") == {"王", "晓", "敏", "王晓", "晓敏"} | {"wangxiaomin", "xiaomin", "min", "wxm"}
    assert names.words("上海华联商厦") == set("上海华联商厦") | {"上海", "海华", "华联", "联商", "商厦"}
    assert names.words("Emma Fischer") == {"emma", "fischer"}
    assert names.query_words("晓敏") == [("晓敏", True)]
    assert names.query_words("Fisch") == [("fisch", False)]
    assert names.sort_key("王晓敏") == "wangxiaomin"


def test_public_ids_sort_by_time_and_never_repeat() -> None:
    made = [keys.new("psn") for _ in range(5_000)]
    assert len(set(made)) == 5_000
    assert all(keys.PATTERN.match(key) for key in made)
    assert made[0][:10] <= made[-1][:10]
