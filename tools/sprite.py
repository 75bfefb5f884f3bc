"""Write the console's icon sprite from an unpacked `lucide-static` package.

    python tools/sprite.py path/to/lucide-static [more icon names]

Keeps the icons that the sprite already holds and adds the names given; then put the printed sha256 in VENDORED.md.
"""

import hashlib
import re
import sys
from pathlib import Path

SPRITE = Path(__file__).parents[1] / "src/guanxi/console/static/icons.svg"


def symbol(name: str, svg: str) -> str:
    shapes = re.sub(r"\s+", " ", svg[svg.index(">", svg.index("<svg")) + 1 : svg.index("</svg>")]).strip()
    return f'<symbol id="{name}" viewBox="0 0 24 24">{shapes.replace("> <", "><").replace(" />", "/>")}</symbol>'


def main(package: Path, added: list[str]) -> None:
    held = re.findall(r'<symbol id="([^"]+)"', SPRITE.read_text()) if SPRITE.exists() else []
    names = sorted({*held, *added})
    symbols = "\n".join(symbol(name, (package / "icons" / f"{name}.svg").read_text()) for name in names)
    SPRITE.write_text(f'<svg xmlns="http://www.w3.org/2000/svg">\n{symbols}\n</svg>\n')
    print(len(names), "icons", hashlib.sha256(SPRITE.read_bytes()).hexdigest())


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
