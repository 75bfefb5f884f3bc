"""2,000 ways to smuggle a script into a page, made from a small grammar: how to break out, with which tag, on which
event, written how. Each calls `alert`. The sink that they would run in is tried in browser/test_script_injection.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import cycle, islice, product

HOW_MANY = 2_000

# Out of: text, attributes in each kind of quotes, elements whose content is text, comments, scripts, JSON, templates.
BREAKS = (
    "", '"', "'", '">', "'>", "`>", " >", "</textarea>", "</title>", "</script>", "</style>", "-->", "]]>", "</option></select>",
    "</noscript>", "</template>", "</svg>", "</iframe>", "{{", "\\\">", "\\'>", "%0a>", "</a>", "*/", "</td></tr></table>",
)  # fmt: skip

# {on} is the event with its code; what needs no click comes first.
TAGS = (
    "<img src=x {on}>", "<svg {on}>", "<body {on}>", "<video src=x {on}></video>", "<audio src=x {on}></audio>",
    "<input autofocus {on}>", "<select autofocus {on}></select>", "<textarea autofocus {on}></textarea>",
    "<details open {on}><summary>x</summary></details>", "<iframe {on}></iframe>", "<object data=x {on}></object>",
    "<embed src=x {on}>", "<marquee {on}>x</marquee>", "<style {on}></style>", "<link rel=stylesheet href=x {on}>",
    "<script src=x {on}></script>", "<a href=x {on} tabindex=1>x</a>", "<button {on}>x</button>", "<form {on}><input></form>",
    "<p {on} style='animation: x'>x</p>", "<math {on}><mtext>x</math>", "<svg><image href=x {on} /></svg>",
    "<svg><animate attributeName=x dur=1s {on} /></svg>", "<picture><img srcset=x {on}></picture>", "<xss {on} tabindex=1>x</xss>",
    "<dialog open {on}>x</dialog>", "<table background=x {on}><td>x</table>", "<meter {on}>x</meter>", "<x contenteditable {on}>x</x>",
)  # fmt: skip

EVENTS = (
    "onerror", "onload", "onfocus", "onmouseover", "onclick", "ontoggle", "onanimationstart", "onpointerenter", "onbegin",
    "onpageshow", "onblur", "oninput", "onkeydown", "onwheel", "ondragstart", "onscroll", "onbeforetoggle", "ontransitionend",
)  # fmt: skip

CODES = (
    "alert(1)", "alert`1`", "(alert)(1)", "window['al'+'ert'](1)", "top.alert(1)", "setTimeout('alert(1)')",
    "eval('\\141lert(1)')", "\\u0061lert(1)", "alert&lpar;1&rpar;", "[1].map(alert)", "Function('alert(1)')()", "self[`alert`](1)",
)  # fmt: skip

# How an event with its code may be written in a tag.
WRITTEN: tuple[Callable[[str, str], str], ...] = (
    lambda on, code: f"{on}={code}",
    lambda on, code: f'{on}="{code}"',
    lambda on, code: f"{on}='{code}'",
    lambda on, code: f"{on.upper()}={code}",
    lambda on, code: f"{on[:3]}{on[3:].title()} = {code}",
    lambda on, code: f"/{on}={code}",
    lambda on, code: f"\t{on}\n=\r{code}",
    lambda on, code: f'{on}="{entities(code)}"',
    lambda on, code: f"{on}={decimal(code)}",
    lambda on, code: f"x='{on}' {on}={code}//",
)

# Addresses that are code, in every attribute that takes an address.
ADDRESSES = (
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "java\nscript:alert(1)", " javascript:alert(1)",
    "\x01javascript:alert(1)", "javascript&colon;alert(1)", "&#106;avascript:alert(1)", "&#x6A;avascript:alert(1)",
    "javascript://%0aalert(1)", "javascript:/*-->*/alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:alert(1)",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==", "data:image/svg+xml,<svg onload=alert(1)>", "//x.test/x.js",
)  # fmt: skip

HOLDERS = (
    '<a href="{to}">x</a>', '<iframe src="{to}"></iframe>', '<form action="{to}"><button>x</button></form>',
    '<button formaction="{to}">x</button>', '<object data="{to}"></object>', '<embed src="{to}">', '<base href="{to}">',
    '<svg><a href="{to}"><text>x</text></a></svg>', '<svg><use href="{to}"/></svg>', '<meta http-equiv=refresh content="0;{to}">',
    '<script src="{to}"></script>', '<link rel=import href="{to}">', '<math href="{to}">x</math>', "[x]({to})", "![x]({to})", "<{to}>",
    '<area href="{to}">', '<body background="{to}">', '<isindex action="{to}">', "{to}",
)  # fmt: skip

# What the parts of this house would read: Liquid, Markdown, Django, Alpine, htmx, spreadsheets, JSON in a page.
OURS = (
    "{{ 7|alert }}", "{% raw %}<script>alert(1)</script>{% endraw %}", "{{ '<script>alert(1)</script>' | safe }}",
    "{% include 'alert' %}", "{{ request.user.password }}", "{{ person.name | append: '<script>alert(1)</script>' }}",
    "<div x-data x-init=alert(1)></div>", "<div x-data @click=alert(1) x-html='`<img src=x onerror=alert(1)>`'></div>",
    "<div hx-get=/ hx-on:load=alert(1) hx-trigger=load></div>", "<div hx-on::before-request=alert(1) hx-get=/></div>",
    "<div hx-vals='js:{x: alert(1)}' hx-post=/ hx-trigger=load></div>", "<div data-hx-on-load=alert(1)></div>",
    "<c-button :attrs='alert(1)'>x</c-button>", "<template x-if=alert(1)></template>", "</script><script>alert(1)</script>",
    "<script>alert(1)</script>", "<SCRIPT>alert(1)</SCRIPT>", "<script\n>alert(1)</script\n>", "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script type=module>alert(1)</script>", "<script>alert(1)//", "<svg><script>alert(1)</script></svg>", "<svg><script>alert&#40;1&#41;</script>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>", "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<form id=x></form><button form=x formaction=javascript:alert(1)>x", "<style>@import'javascript:alert(1)';</style>",
    "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>", "<iframe srcdoc=&lt;script&gt;alert(1)&lt;/script&gt;></iframe>",
    "<meta charset=utf-7>+ADw-script+AD4-alert(1)+ADw-/script+AD4-", "<?xml version='1.0'?><x:script xmlns:x='http://www.w3.org/1999/xhtml'>alert(1)</x:script>",
    "\"-alert(1)-\"", "'-alert(1)-'", "\\\"-alert(1)//", "${alert(1)}", "`${alert(1)}`", "\u2028alert(1)", "</script\x0b><img src=x onerror=alert(1)>",
    "＜script＞alert(1)＜/script＞", "‹img src=x onerror=alert(1)›", "\u202e<script>alert(1)</script>", "<img\u00a0src=x\u00a0onerror=alert(1)>",
    "=HYPERLINK(\"javascript:alert(1)\")", "**<img src=x onerror=alert(1)>**", "<https://x.test/\"onmouseover=alert(1)//>",
    "[x](javascript:alert(1) \"onclick=alert(1)\")", "[x]: javascript:alert(1)\n[x]", "`<img src=x onerror=alert(1)>`", "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>", "<img src=x:x onerror\x0c=alert(1)>", "<a href=\"&#1;javascript:alert(1)\">x</a>", "%3Cscript%3Ealert(1)%3C/script%3E",
    "&lt;script&gt;alert(1)&lt;/script&gt;", "&amp;lt;script&amp;gt;alert(1)&amp;lt;/script&amp;gt;", "\\x3cscript\\x3ealert(1)\\x3c/script\\x3e",
)  # fmt: skip

# One text that breaks out of many places at once.
POLYGLOTS = (
    "'\"></title></textarea></style></script></select></noscript></template>--><svg/onload=alert(1)><img src=x onerror=alert(1)>",
    "javascript:/*'/*\"/*`/*--></title></style></textarea></script><svg onload='/*<img/src/onerror=alert(1)>*/alert(1)'>",
    "`-alert(1)-`'-alert(1)-'\"-alert(1)-\"</script><script>alert(1)</script>{{alert(1)}}${alert(1)}",
    "\"autofocus/onfocus=alert(1) x='autofocus onfocus=alert(1) '><img/src=x onerror=alert(1)>",
    "<a/href=\"javascript:alert(1)\" onclick=alert(1)>{{ x }}</a>[x](javascript:alert(1))<script>alert(1)</script>",
    "*/alert(1)/*</style><svg/onload=alert(1)>-->]]><img src=x onerror=alert(1)>'\"><iframe srcdoc='<script>top.alert(1)</script>'>",
)  # fmt: skip


def entities(text: str) -> str:
    return "".join(f"&#x{ord(letter):x};" for letter in text)


def decimal(text: str) -> str:
    return "".join(f"&#{ord(letter):07d}" for letter in text)


def handlers() -> Iterator[str]:
    """Every tag with every event; breaks, codes and spellings take turns."""
    breaks, codes, written = cycle(BREAKS), cycle(CODES), cycle(WRITTEN)
    for tag, event in product(TAGS, EVENTS):
        for _ in range(3):
            yield next(breaks) + tag.format(on=next(written)(event, next(codes)))


def attributes() -> Iterator[str]:
    """Without a tag of their own: they need only the quotes."""
    breaks = cycle(('" ', "' ", '"/', "'\t", "` ", " "))
    written = cycle(WRITTEN)
    for event, code in product(EVENTS, CODES):
        yield f"{next(breaks)}{next(written)(event, code)} autofocus tabindex=1 x={next(breaks).strip()}"


def addresses() -> Iterator[str]:
    breaks = cycle(BREAKS)
    for holder, address in product(HOLDERS, ADDRESSES):
        yield next(breaks) + holder.format(to=address)


def all_vectors() -> list[str]:
    made = dict.fromkeys([*OURS, *POLYGLOTS, *addresses(), *attributes(), *handlers()])
    return list(islice(made, HOW_MANY))


VECTORS = all_vectors()
