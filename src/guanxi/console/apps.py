from django.apps import AppConfig


class Console(AppConfig):
    name = "guanxi.console"

    def ready(self) -> None:
        from guanxi.console import proof

        proof.listen()
