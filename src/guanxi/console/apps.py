from django.apps import AppConfig


class Console(AppConfig):
    name = "guanxi.console"

    def ready(self) -> None:
        from guanxi.console.session import proof

        proof.listen()
