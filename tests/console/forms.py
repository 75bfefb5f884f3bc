"""The forms of the console as a browser would read and send them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import Resolver404, resolve

WRITTEN = {"text", "search", "textarea", "password", "email", "url", "tel", "number", "date"}
SENDS = {"submit", "image"}
A_FILE = b"name,email\nAnn,ann@example.test\n"

ALWAYS = {"name", "subject", "text", "scheduled_at", "origins", "names"}

# What makes a form come through, by the name of the field.
VALID = {
    "email": "somebody@example.test",
    "sender_address": "hello@lumen.example.test",
    "host": "mail.example.test",
    "url": "https://shop.example.test/hook",
    "port": "25",
    "password": "river lamp seven umbrellas",
    "scheduled_at": "2027-03-01 10:00",
    "name": "春季",
    "subject": "春季",
    "text": "春季",
    "language": "en",
    "hold_out_percent": "5",
    "label": "春季",
    "names": "春季;秋季",
    "origins": "https://shop.example.test",
}


@dataclass
class Control:
    name: str
    kind: str
    value: str = ""
    options: list[str] = field(default_factory=list)
    ticked: bool = False
    needed: bool = False

    @property
    def is_written(self) -> bool:
        return self.kind in WRITTEN


@dataclass
class Form:
    """`route` is where it is sent to, `action` its address; `page` is where it stands."""

    page: str
    action: str
    method: str
    controls: list[Control] = field(default_factory=list)

    @property
    def route(self) -> str:
        try:
            return str(resolve(self.action.partition("?")[0]).url_name)
        except Resolver404:
            return ""

    def filled(self) -> dict[str, str]:
        """As it stands, without the buttons: what is chosen, ticked and written already."""
        given: dict[str, str] = {}
        for one in self.controls:
            if one.kind in SENDS | {"button", "file"} or (one.kind in ("checkbox", "radio") and not one.ticked):
                continue
            given[one.name] = one.value
        for one in self.controls:
            if one.kind == "radio" and one.name not in given:
                given[one.name] = one.value
        return given

    def sent(self, texts: Mapping[str, str] | None = None) -> dict[str, Any]:
        """As somebody sends it who fills in every field, some with these texts (a file is named by its own)."""
        given: dict[str, Any] = self.filled()
        texts = texts or {}
        for one in self.controls:
            if one.kind == "file":
                given[one.name] = SimpleUploadedFile("people.csv", A_FILE)
                given[one.name].name = texts.get(one.name, "people.csv").replace("/", "")
            elif one.name in texts:
                given[one.name] = texts[one.name]
            elif one.needed and not given.get(one.name) and one.kind not in ("hidden", "checkbox", "radio"):
                given[one.name] = VALID.get(one.name, next((value for value in one.options if value), "春季"))
            elif one.kind == "checkbox" and self.names.count(one.name) > 1:
                given.setdefault(one.name, one.value)
        if self.buttons:
            given[self.buttons[-1].name] = self.buttons[-1].value
        return given

    @property
    def names(self) -> list[str]:
        return [one.name for one in self.controls]

    @property
    def buttons(self) -> list[Control]:
        return [one for one in self.controls if one.kind in SENDS]


class Reading(HTMLParser):
    def __init__(self, page: str, address: str) -> None:
        super().__init__()
        self.page, self.address = page, address
        self.forms: list[Form] = []
        self.by_id: dict[str, Form] = {}
        self.loose: list[tuple[str, Control]] = []
        self.form: Form | None = None
        self.select: Control | None = None
        self.text: Control | None = None
        self.option: tuple[str, bool] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        match tag:
            case "form":
                action = urljoin(self.address, given.get("action", "")) or self.address
                self.form = Form(self.page, action, given.get("method", "get").lower())
                self.forms.append(self.form)
                self.by_id[given.get("id", "")] = self.form
            case "input" | "button" if given.get("name"):
                kind = given.get("type", "submit" if tag == "button" else "text")
                one = Control(given["name"], kind, given.get("value", "on" if kind in ("checkbox", "radio") else ""))
                one.ticked = "checked" in given
                self._hold(one, given)
                if tag == "button" and given.get("formaction") and self.form:
                    self.forms.append(Form(self.page, urljoin(self.address, given["formaction"]), "post", [one]))
            case "textarea" if given.get("name"):
                self.text = Control(given["name"], "textarea")
                self._hold(self.text, given)
            case "select" if given.get("name"):
                self.select = Control(given["name"], "select")
                self._hold(self.select, given)
            case "option" if self.select:
                value = given.get("value", "")
                self.select.options.append(value)
                if "selected" in given or len(self.select.options) == 1:
                    self.select.value = value

    def _hold(self, one: Control, given: dict[str, str]) -> None:
        one.needed = "required" in given or one.name in ALWAYS
        if "form" in given:
            self.loose.append((given["form"], one))
        elif self.form:
            self.form.controls.append(one)

    def handle_data(self, data: str) -> None:
        if self.text:
            self.text.value += data if self.text.value else data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = None
        elif tag == "textarea":
            self.text = None
        elif tag == "select":
            self.select = None

    def close(self) -> None:
        super().close()
        for name, one in self.loose:
            if name in self.by_id:
                self.by_id[name].controls.append(one)


def forms_of(page: str, address: str, markup: str) -> list[Form]:
    reading = Reading(page, address)
    reading.feed(markup)
    reading.close()
    return reading.forms


def once(forms: Iterable[Form]) -> list[Form]:
    """One of each kind: the same address with the same names is the same form."""
    kinds: dict[tuple[str, ...], Form] = {}
    for form in forms:
        kinds.setdefault((form.route, form.method, *sorted({one.name for one in form.controls})), form)
    return list(kinds.values())
