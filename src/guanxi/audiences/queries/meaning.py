"""What a rule means in one workspace: two rules of one meaning have the same people at any moment."""

from __future__ import annotations

from hashlib import sha256

from guanxi.audiences.queries.bands import keys_of, staff_of
from guanxi.audiences.queries.compile import leaves
from guanxi.audiences.rules import (
    AMOUNT,
    Catalogue,
    Clause,
    Did,
    DidNot,
    InAudience,
    Of,
    PropCondition,
    Property,
    Rule,
    Step,
    Strength,
    Sum,
    Tagged,
    Then,
    Tie,
    Top,
    Trait,
    TraitClause,
    Yearly,
    name_of,
    opened,
)


def basis_of(rule: Rule, known: Catalogue, zone: str) -> str:
    """What the rule means here: its words with those of the audiences that it names, and what names stand for."""
    whole = opened(rule, known)
    said = [whole.model_dump_json(), zone, known.currency]
    said += [repr(_meaning(leaf, known)) for _, leaf in leaves("where", whole.where)]
    return sha256("\n".join(said).encode()).hexdigest()


def _meaning(leaf: Clause, known: Catalogue) -> object:
    match leaf:
        case TraitClause() | Yearly():
            return _type(known.traits[name_of(leaf.trait)])
        case Did() | DidNot() | Top():
            having = leaf.having if isinstance(leaf, Did) else ()
            return _types(leaf, [one.of for one in having if isinstance(one, Of | Sum)], known)
        case Then():
            return [_types(step, [], known) for _, step in leaf.steps()]
        case Tagged():
            return [known.tags[key].keys for key in leaf.tags]
        case Tie():
            return [(known.ties[leaf.kind][key].column, known.ties[leaf.kind][key].keys) for key in leaf.of]
        case Strength() if leaf.of:
            return staff_of(*keys_of(leaf, known))
        case InAudience():
            return known.audiences[leaf.audience].listed
    return None


def _types(step: Step | Did | DidNot | Top, of: list[str], known: Catalogue) -> list[object]:
    asked = [condition.prop for condition in step.where if isinstance(condition, PropCondition)]
    properties = known.events[name_of(step.event)].properties
    return [_type(properties[name_of(key)]) for key in (*asked, *of) if key != AMOUNT]


def _type(spec: Trait | Property) -> tuple[str, str | None]:
    return spec.kind, spec.column
