"""What of audiences needs a field of people."""

from __future__ import annotations

from guanxi.audiences.models import Audience, Export, ExportState
from guanxi.audiences.rules.parse import traits_in
from guanxi.people.models import Field
from guanxi.people.registry import FieldUse


def needing(field: Field) -> list[FieldUse]:
    """Audiences whose rule asks for it, and files that are being written with it, or by a rule that does."""
    named = f"trait:{field.key}"
    audiences = [one for one in Audience.objects.order_by("name", "pk") if named in traits_in(one.rule)]
    exports = Export.objects.filter(state__in=(ExportState.RUNNING, ExportState.STOPPED)).order_by("pk")
    return [
        *(FieldUse("audience", one.public_id, one.name) for one in audiences),
        *(
            FieldUse("export", one.public_id)
            for one in exports
            if named in one.shape.get("columns", ()) or named in traits_in(one.chosen)
        ),
    ]
