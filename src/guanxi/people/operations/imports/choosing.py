"""Which column is what, and what to do with people who are here already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from django.db import transaction
from pypinyin import lazy_pinyin

from guanxi.people.models import Field, Import, ImportState, TraitKind
from guanxi.people.operations.imports.states import ImportRefused, locked, may_change
from guanxi.people.port import ImportKind, Objection
from guanxi.people.queries.imports import id_columns, likely_answers
from guanxi.people.registry import import_kind
from guanxi.people.rules import slug
from guanxi.people.rules.kinds import BadId, Kind, read_place

LEFT_OUT = ""
TRAIT, NEW = "trait:", "new:"


class ChoiceRefused(Exception):
    """These columns or options cannot be used; `objections` say why (`people.queries.reason_text`)."""

    def __init__(self, objections: Sequence[Objection]) -> None:
        super().__init__(", ".join(objection.code for objection in objections))
        self.objections = list(objections)


@transaction.atomic
def choose_columns(*, of: Import, columns: Mapping[str, str], places: Mapping[str, str] | None = None) -> Import:
    """Column → field key, "trait:<key>" of a known trait, "new:<kind>" for a new one, "id:<kind>" for ids of another
    kind, or "" to leave it out. `places`: which `corp`, `app` or `shop` gave them.

    Raises ChoiceRefused, or ImportRefused when rows have come in already.
    """
    of = locked(of)
    if not may_change(of):
        raise ImportRefused("already_running")
    kind = import_kind(of.kind)
    chosen = {column: target for column, target in columns.items() if target != LEFT_OUT}
    known = dict(Field.objects.values_list("key", "kind")) if kind.takes_traits else {}
    kinds = id_columns() if kind.takes_traits else {}
    objections = _wrong_columns(of, kind, chosen, {*(TRAIT + key for key in known), *kinds})
    ids, unplaced = _placed(chosen, kinds, places or {})
    objections = objections or unplaced or kind.objections(chosen, {})
    if objections:
        raise ChoiceRefused(objections)
    of.mapping = _mapping(chosen, known) | {"ids": ids}
    of.check_report, of.problem, of.state = {}, {}, ImportState.UPLOADED
    of.save(update_fields=["mapping", "check_report", "problem", "state"])
    return of


def _wrong_columns(of: Import, kind: ImportKind, chosen: Mapping[str, str], more: Collection[str]) -> list[Objection]:
    fields = {field.key for field in kind.fields} | set(more)
    if kind.takes_traits:
        fields |= {NEW + kind_of for kind_of in TraitKind.values if kind_of != TraitKind.CHOICE}
    wrong = [Objection("column_unknown", {"column": column}) for column in chosen if column not in of.sheet["header"]]
    wrong += [Objection("field_unknown", {"field": target}) for target in chosen.values() if target not in fields]
    counts = Counter(target for target in chosen.values() if not target.startswith(NEW))
    wrong += [Objection("column_twice", {"field": target}) for target, times in counts.items() if times > 1]
    wrong += [
        Objection("column_missing", {"field": field.key})
        for field in kind.fields
        if field.required and field.key not in counts
    ]
    return wrong


def _placed(
    chosen: Mapping[str, str], kinds: Mapping[str, Kind], places: Mapping[str, str]
) -> tuple[dict[str, str], list[Objection]]:
    """For each kind of id among the columns who gave it, and what is missing."""
    found: dict[str, str] = {}
    wrong: list[Objection] = []
    for column, target in chosen.items():
        if (kind := kinds.get(target)) is None:
            continue
        try:
            found[target] = read_place(kind, places.get(kind.place, ""))
        except BadId as bad:
            code = "place_missing" if bad.reason == "place_missing" else "bad_place"
            wrong.append(Objection(code, {"column": column}))
    return found, wrong


def _mapping(chosen: Mapping[str, str], known: Mapping[str, str]) -> dict[str, object]:
    columns, traits, new_fields, taken = dict(chosen), dict[str, str](), list[dict[str, str]](), set(known)
    for column, target in chosen.items():
        if target.startswith(TRAIT):
            traits[target.removeprefix(TRAIT)] = known[target.removeprefix(TRAIT)]
        elif target.startswith(NEW):
            key = slug(column, "_".join(lazy_pinyin(column)), taken)
            taken.add(key)
            columns[column], traits[key] = TRAIT + key, target.removeprefix(NEW)
            new_fields.append({"key": key, "label": _label(column), "kind": traits[key]})
    return {"columns": columns, "traits": traits, "new_fields": new_fields}


def _label(column: str) -> str:
    """home_ownership → Home ownership."""
    words = column.replace("_", " ").strip()[:80]
    return words[:1].upper() + words[1:]


@transaction.atomic
def choose_options(*, of: Import, options: Mapping[str, str]) -> Import:
    """Answers to the kind's questions; missing ones get their default. Raises ChoiceRefused or ImportRefused."""
    of = locked(of)
    if not may_change(of):
        raise ImportRefused("already_running")
    kind = import_kind(of.kind)
    answers = likely_answers(of) | {one.key: options[one.key].strip() for one in kind.options if one.key in options}
    wrong = [
        Objection("option_unknown", {"option": option.key, "value": answers[option.key]})
        for option in kind.options
        if option.choices and answers[option.key] not in {choice.value for choice in option.choices}
    ]
    objections = wrong or kind.objections(of.mapping.get("columns", {}), answers)
    if objections:
        raise ChoiceRefused(objections)
    of.options, of.check_report, of.problem, of.state = answers, {}, {}, ImportState.UPLOADED
    of.save(update_fields=["options", "check_report", "problem", "state"])
    return of
