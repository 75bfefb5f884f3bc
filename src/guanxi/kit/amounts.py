"""Where a workspace keeps amounts of money: every column of minor units, whichever room it stands in."""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.db.models import Q

from guanxi.kit.rows import WorkspaceRow


def columns() -> Iterator[tuple[type[WorkspaceRow], list[str]]]:
    for model in apps.get_models():
        names = [field.attname for field in model._meta.concrete_fields if field.attname.endswith("_minor")]
        if names and issubclass(model, WorkspaceRow):
            yield model, names


def any_kept() -> bool:
    """In the current workspace. Nothing is converted: from the first amount on, the currency stays."""
    for model, names in columns():
        held = Q()
        for name in names:
            held |= Q(**{f"{name}__isnull": False}) & ~Q(**{name: 0})
        if model.objects.filter(held).exists():
            return True
    return False
