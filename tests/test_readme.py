"""The README in three languages says the same, and what it names is there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
READMES = ("README.md", "README.zh-CN.md", "README.ko.md")


def shape(text: str) -> list[str]:
    """Headings, table rows, list points and pictures, in their order."""
    return [
        match[0]
        for line in text.splitlines()
        if (match := re.match(r"#+ |\| \||\||- |<img|  <img|```", line)) and not line.startswith("# Guanxi")
    ]


def test_the_three_readmes_keep_in_step() -> None:
    english, *others = [shape((ROOT / name).read_text(encoding="utf-8")) for name in READMES]
    assert all(other == english for other in others)


def test_what_a_readme_links_to_is_there() -> None:
    for name in READMES:
        text = (ROOT / name).read_text(encoding="utf-8")
        local = re.findall(r"\]\(([^)#:]+)\)|(?:src|srcset)=\"([^\"]+)\"|`(tests/[^`]+)`", text)
        missing = [path for found in local for path in found if path and not (ROOT / path).exists()]
        assert missing == []


def test_the_tour_shows_pictures_that_are_there_and_small() -> None:
    named = re.findall(r"\]\((pictures/[^)]+)\)", (ROOT / "docs" / "tour.md").read_text(encoding="utf-8"))
    held = {f"pictures/{file.name}": file.stat().st_size for file in (ROOT / "docs" / "pictures").iterdir()}
    assert set(named) | {"pictures/people.webp"} == held.keys()
    assert len(named) >= 20
    assert sum(held.values()) <= 3_000_000
