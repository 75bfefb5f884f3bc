from collections.abc import Mapping


class RuleError(Exception):
    """A rule that cannot be used: `path` is where in the JSON (`where.all[1].event`), `code` is stable, `message` is
    English; a console translates `code` with `params`."""

    def __init__(self, path: str, code: str, message: str, params: Mapping[str, object] | None = None) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path
        self.code = code
        self.message = message
        self.params = dict(params or {})
