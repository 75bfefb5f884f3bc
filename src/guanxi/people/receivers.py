"""What people tells the rooms below: how a mirrored row looks, and that people come in by file."""

from guanxi.events import registry as events
from guanxi.people.operations import PeopleKind
from guanxi.people.queries import mirrored
from guanxi.people.registry import register_import_kind

events.mirror("people", mirrored)
register_import_kind(PeopleKind())
