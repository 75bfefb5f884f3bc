"""Who may be the same person, though no id says so: names, dates, places and addresses that nearly agree (splink)."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
import splink.comparison_level_library as cll
import splink.comparison_library as cl
from pypinyin import lazy_pinyin
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

THRESHOLD = 0.9
"""Of the pairs that are at least so likely, ninety-nine of a hundred are one person (`make bench ONLY=identity`)."""
COLUMNS = ("given", "family", "birth", "email", "mailbox", "phone", "place", "other")
SAMPLED_PAIRS = 1_000_000
USUAL_PAIRS = 100_000
EXPECTED = 0.1
"""Before anything is compared: so many pairs for each person."""
_HAN = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Likely:
    one: int
    other: int
    probability: float
    why: tuple[str, ...]


def name_parts(name: str) -> tuple[str, str]:
    """Given and family name as they sound: Han by pinyin, Hangul by its letters, the rest without accents."""
    folded = unicodedata.normalize("NFKC", name).casefold().strip()
    if _HAN.search(folded) or any("\uac00" <= letter <= "\ud7af" for letter in folded):
        joined = "".join(_WORD.findall(folded))
        return _sound(joined[1:]), _sound(joined[:1])
    words = _WORD.findall("".join(c for c in unicodedata.normalize("NFD", folded) if not unicodedata.combining(c)))
    return (words[0] if words else "", words[-1] if len(words) > 1 else "")


def _sound(text: str) -> str:
    return unicodedata.normalize("NFD", "".join(lazy_pinyin(text)))


def word_of_names(word: str, one: str, other: str) -> str:
    """How two names agree that are the same as `name_parts` has them: letter by letter, only by their sound, or nearly
    (accents, further names)."""
    spelt = [_WORD.findall(unicodedata.normalize("NFKC", name).casefold()) for name in (one, other)]
    if word == "name_swapped":
        spelt = [sorted(words) for words in spelt]
    if "".join(spelt[0]) == "".join(spelt[1]):
        return word
    return "name_sound" if _HAN.search(one) or _HAN.search(other) else "name_near"


def rows_of(people: Sequence[Mapping[str, Any]]) -> pa.Table:
    """`people` have id, name or given and family, and any of birth (ISO), email, phone, place, other."""
    made = []
    for one in people:
        given, family = (one["given"], one["family"]) if "given" in one else name_parts(one.get("name") or "")
        email = one.get("email") or ""
        values = {
            "given": given,
            "family": family,
            "birth": one.get("birth"),
            "email": email,
            "phone": one.get("phone"),
        }
        values |= {"mailbox": email.partition("@")[0], "place": one.get("place"), "other": one.get("other")}
        made.append({"unique_id": one["id"], **{key: values[key] or None for key in COLUMNS}})
    schema = pa.schema([("unique_id", pa.int64()), *((name, pa.string()) for name in COLUMNS)])
    return pa.Table.from_pylist(made, schema)


def likely_pairs(people: pa.Table) -> list[Likely]:
    """`people` as `rows_of` makes them. Each pair once, the likeliest first."""
    filled = {name: many for name in COLUMNS if (many := people.num_rows - people[name].null_count)}
    if "given" not in filled or people.num_rows < 2:
        return []
    connection = duckdb.connect()
    try:
        connection.register("given_people", people)
        connection.execute("CREATE TABLE people AS SELECT * FROM given_people")
        return sorted(_predicted(connection, filled, people.num_rows), key=lambda pair: -pair.probability)
    finally:
        connection.close()


def _predicted(connection: Any, filled: Mapping[str, int], size: int) -> Iterator[Likely]:
    engine = DuckDBAPI(connection)
    comparisons = [_comparison(name) for name in COMPARED if set(COMPARED[name].needs) & set(filled)]
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=_blocks(filled),
        probability_two_random_records_match=min(EXPECTED * 2 / (size - 1), 0.1),
        retain_intermediate_calculation_columns=True,
    )
    linker = Linker(engine.register("people"), settings, log_level=logging.ERROR)
    linker.training.estimate_u_using_random_sampling(max_pairs=SAMPLED_PAIRS, seed=7)
    model = _steadied(linker.misc.save_model_to_json(), filled)
    linker = Linker(engine.register("people"), model, log_level=logging.ERROR)
    found = linker.inference.predict(threshold_match_probability=THRESHOLD)
    gammas = [f"gamma_{name}" for name in COMPARED if set(COMPARED[name].needs) & set(filled)]
    names = ", ".join(["unique_id_l", "unique_id_r", "match_probability", *gammas])
    for one, other, probability, *levels in connection.execute(
        f"SELECT {names} FROM {found.physical_name}"  # noqa: S608
    ).fetchall():
        said = {name.removeprefix("gamma_"): level for name, level in zip(gammas, levels, strict=True)}
        yield Likely(min(one, other), max(one, other), probability, tuple(_why(said)))


def _steadied(model: dict[str, Any], filled: Mapping[str, int]) -> dict[str, Any]:
    """Where few people have a value, the few who are one weigh too much in how often two agree by chance: what is usual
    counts as so many pairs more."""
    for of in model["comparisons"]:
        known = COMPARED[of["output_column_name"]]
        many = filled.get(known.needs[0], 0)
        pairs = min(many * (many - 1) / 2, SAMPLED_PAIRS)
        for level, made in zip(known.levels, of["comparison_levels"][1:], strict=True):
            if level.usual is not None:
                met = made.get("u_probability", 0) * pairs
                made["u_probability"] = (met + level.usual * USUAL_PAIRS) / (pairs + USUAL_PAIRS)
    return model


@dataclass(frozen=True, slots=True)
class Level:
    """What agrees, how often it does for one person (of a hundred), and the word of it in the evidence; `u` is how
    often it does for two, where the data themselves are not asked, `usual` where there are few data to ask."""

    fits: Any
    m: float
    word: str = ""
    u: float | None = None
    usual: float | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """The columns without which there is nothing to compare, and the levels from the strongest to the weakest."""

    needs: tuple[str, ...]
    levels: tuple[Level, ...]


def _both(level: Any, *columns: str, **given: Any) -> Any:
    return cll.And(*(level(column, **given) for column in columns))


_SWAPPED_DAY = (
    "substr(birth_l, 1, 4) = substr(birth_r, 1, 4) AND substr(birth_l, 6, 2) = substr(birth_r, 9, 2) "
    "AND substr(birth_l, 9, 2) = substr(birth_r, 6, 2)"
)


def _part(known: int) -> str:
    """Of one of two dates no more is known than its year (4) or its month (7), and so far they agree."""
    shorter, agree = "least(length(birth_l), length(birth_r))", f"left(birth_l, {known}) = left(birth_r, {known})"
    return f"{shorter} = {known} AND {agree}"


_SAME_YEAR = "substr(birth_l, 1, 4) = substr(birth_r, 1, 4)"
NEAR = 0.88
COMPARED: Mapping[str, Compared] = {
    "name": Compared(
        ("given", "family"),
        (
            Level(lambda: _both(cll.ExactMatchLevel, "given", "family"), 0.56, "name_same"),
            Level(lambda: cll.CustomLevel("given_l = family_r AND family_l = given_r"), 0.05, "name_swapped"),
            Level(
                lambda: cll.And(cll.JaroWinklerLevel("given", NEAR), cll.JaroWinklerLevel("family", NEAR)),
                0.2,
                "name_near",
            ),
            Level(lambda: cll.Or(cll.ExactMatchLevel("family"), cll.ExactMatchLevel("given")), 0.12),
            Level(lambda: cll.Or(cll.JaroWinklerLevel("family", NEAR), cll.JaroWinklerLevel("given", NEAR)), 0.04),
            Level(cll.ElseLevel, 0.03),
        ),
    ),
    "birth": Compared(
        ("birth",),
        (
            # A month of a year is one of 720, a year one of 60; few or many of the dates may be such parts.
            Level(lambda: cll.CustomLevel(_part(7)), 0.01, "birth_part", 0.01 / 720),
            Level(lambda: cll.CustomLevel(_part(4)), 0.01, "birth_part", 0.01 / 60),
            # What two of the days of sixty years come to.
            Level(lambda: cll.ExactMatchLevel("birth"), 0.7, "birth_same", usual=0.000045),
            Level(lambda: cll.LevenshteinLevel("birth", 1), 0.14, "birth_near", usual=0.0014),
            Level(lambda: cll.CustomLevel(_SWAPPED_DAY), 0.02, "birth_near", usual=0.000017),
            Level(lambda: cll.LevenshteinLevel("birth", 2), 0.06, usual=0.0156),
            Level(lambda: cll.CustomLevel(_SAME_YEAR), 0.04, usual=0.0116),
            Level(cll.ElseLevel, 0.04, usual=0.9714),
        ),
    ),
    "email": Compared(
        ("email",),
        (
            Level(lambda: cll.ExactMatchLevel("email"), 0.6, "email_near"),
            Level(lambda: cll.ExactMatchLevel("mailbox"), 0.14, "email_near"),
            Level(lambda: cll.LevenshteinLevel("email", 2), 0.12, "email_near"),
            Level(lambda: cll.JaroWinklerLevel("mailbox", NEAR), 0.06),
            Level(cll.ElseLevel, 0.08),
        ),
    ),
    "phone": Compared(
        ("phone",),
        (
            Level(lambda: cll.ExactMatchLevel("phone"), 0.5, "phone_near"),
            Level(lambda: cll.LevenshteinLevel("phone", 1), 0.1, "phone_near"),
            Level(lambda: cll.LevenshteinLevel("phone", 2), 0.08, "phone_near"),
            Level(cll.ElseLevel, 0.32),
        ),
    ),
    "place": Compared(
        ("place",),
        (
            Level(lambda: cll.ExactMatchLevel("place"), 0.65, "place_same"),
            Level(lambda: cll.JaroWinklerLevel("place", 0.9), 0.1),
            Level(cll.ElseLevel, 0.25),
        ),
    ),
    "other": Compared(
        ("other",),
        (
            Level(lambda: cll.ExactMatchLevel("other"), 0.5, "other_same"),
            Level(lambda: cll.JaroWinklerLevel("other", 0.9), 0.2),
            Level(cll.ElseLevel, 0.3),
        ),
    ),
}
BLOCKS = (
    ("given", "family"),
    ("given", "birth"),
    ("family", "birth"),
    ("birth", "place"),
    ("family", "place"),
    ("given", "place"),
    ("place", "other"),
    ("email",),
    ("mailbox", "birth"),
    ("mailbox", "given"),
    ("phone",),
)
_TURNED = "l.given = r.family AND l.family = r.given"


def _blocks(present: Collection[str]) -> list[Any]:
    """Only pairs that agree in one of these are compared at all."""
    rules = [block_on(*rule) for rule in BLOCKS if set(rule) <= set(present)]
    return [*rules, _TURNED] if "family" in present else [*rules, block_on("given")]


def _comparison(name: str) -> Any:
    of = COMPARED[name]
    missing = cll.NullLevel(of.needs[0]) if len(of.needs) == 1 else _both(cll.NullLevel, *of.needs)
    levels = [level.fits().configure(m_probability=level.m, **_known(level)) for level in of.levels]
    return cl.CustomComparison(output_column_name=name, comparison_levels=[missing, *levels])


def _known(level: Level) -> dict[str, Any]:
    return {} if level.u is None else {"u_probability": level.u, "fix_u_probability": True}


def _why(levels: Mapping[str, int]) -> Iterator[str]:
    """Splink numbers the levels from the weakest (0) up; -1 is a missing value."""
    for name, number in levels.items():
        of = COMPARED[name].levels
        if number >= 0 and (word := of[len(of) - 1 - number].word):
            yield word
