"""Write the data map of docs/personal-data.md from what the rooms declare.

    python tools/data_map.py

A test fails while the document says something else.
"""

from __future__ import annotations

import os
from pathlib import Path

DOCUMENT = Path(__file__).parents[1] / "docs" / "personal-data.md"
BEGIN, END = "<!-- data map: begin (python tools/data_map.py) -->", "<!-- data map: end -->"


def data_map() -> str:
    from guanxi.kit import personal
    from guanxi.kit.personal import Erasure, Kind

    lines = [
        "| table | personal | leads to a person | at erasure | why it stays, or what it is |",
        "|---|---|---|---|---|",
    ]
    for table in personal.tables():
        said, leads = table.of(Kind.PERSONAL), [name for name in table.of(Kind.PSEUDONYM) if name != "id"]
        if not (said or table.found or table.whose):
            continue
        fate = "stays (staff)" if table.whose else {
            Erasure.REMOVED: "rows removed", Erasure.EMPTIED: "emptied", Erasure.KEPT: "stays",
        }[table.erasure]  # fmt: skip
        name = f"`{table.model._meta.label}`"
        lines.append(f"| {name} | {', '.join(said) or '–'} | {', '.join(leads) or '–'} | {fate} | {table.why or '–'} |")
    for store in personal.stores():
        said = [name for name, kind in store.columns.items() if kind == Kind.PERSONAL]
        leads = [name for name, kind in store.columns.items() if kind == Kind.PSEUDONYM]
        cells = [store.name, ", ".join(said) or "–", ", ".join(leads) or "–", "removed", store.why or "–"]
        lines.append(f"| {' | '.join(cells)} |")
    about_nobody = [
        f"`{table.model._meta.label}`"
        for table in personal.tables()
        if not (table.of(Kind.PERSONAL) or table.found or table.whose)
    ]
    return "\n".join([*lines, "", f"About nobody: {', '.join(about_nobody)}."])


def brought_up_to_date(text: str) -> str:
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{data_map()}\n{END}{after}"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "guanxi.config.settings")
    import django

    django.setup()
    DOCUMENT.write_text(brought_up_to_date(DOCUMENT.read_text()))


if __name__ == "__main__":
    main()
