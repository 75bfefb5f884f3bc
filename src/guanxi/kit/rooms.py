"""How a room starts: once all rooms are there, its receivers, tasks and word on personal data are imported."""

from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig


class RoomConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        for module in ("receivers", "tasks", "personal"):
            if find_spec(f"{self.name}.{module}") is not None:
                import_module(f"{self.name}.{module}")
