"""What the world sees of a sending domain, line by line, with the record that is to be published.

Only what the DNS says: whether a receiver puts a message in the inbox is its own decision.
"""

import re
from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.utils.translation import gettext_noop

from guanxi.channels.plugins.email import signing
from guanxi.channels.plugins.email.config import EmailConfig
from guanxi.channels.port import Finding, Verdict
from guanxi.kit.net import dns
from guanxi.kit.net.dns import NotLookedUp

# What the providers ask to be included, by the end of the name of their server (their own help pages, 2026).
INCLUDES = {
    "gmail.com": "_spf.google.com",
    "googlemail.com": "_spf.google.com",
    "google.com": "_spf.google.com",
    "office365.com": "spf.protection.outlook.com",
    "outlook.com": "spf.protection.outlook.com",
    "amazonaws.com": "amazonses.com",
    "sendgrid.net": "sendgrid.net",
    "mailgun.org": "mailgun.org",
    "postmarkapp.com": "spf.mtasv.net",
    "brevo.com": "spf.brevo.com",
    "exmail.qq.com": "spf.mail.qq.com",
    "aliyun.com": "spf1.dm.aliyun.com",
    "worksmobile.com": "spf.worksmobile.com",
    "zoho.com": "zohomail.com",
}
MOST_LOOKUPS = 10  # RFC 7208 4.6.4
_COUNTED = re.compile(r"^[+?~-]?(include:|a(?=[:/]|$)|mx(?=[:/]|$)|ptr|exists:)|^redirect=", re.IGNORECASE)
_NAME = re.compile(r"[\w.-]{1,253}", re.ASCII)

SPF = gettext_noop("SPF: who may send for the domain")
DKIM = gettext_noop("DKIM: the signature")
NEXT_DKIM = gettext_noop("DKIM: the next key")
DMARC = gettext_noop("DMARC: what receivers do with forgeries")
MX = gettext_noop("MX: returned mail finds its way")
REVERSE = gettext_noop("Reverse DNS of the mail server")
LINKS = gettext_noop("Links that unsubscribe with one click")

ADVICE = {
    "no answer": gettext_noop("No answer from the DNS. Check again in a few minutes."),
    "publish": gettext_noop("Publish this record at your DNS provider. It may take up to a day until it is seen."),
    "no key": gettext_noop("Make a key pair below and publish its record."),
    "two spf": gettext_noop("There is more than one SPF record, so none counts. Merge them into one."),
    "everybody": gettext_noop("The record ends in +all, so everybody may send for the domain. End it with ~all."),
    "lookups": gettext_noop("The record needs more than ten further look-ups, so receivers give up. Include less."),
    "not named": gettext_noop(
        "The record is there but does not name the provider of your mail server. Add this part before “all”."
    ),
    "other key": gettext_noop("Another key is published there. Replace it, or messages fail the check."),
    "no policy": gettext_noop("The record has no policy. Replace it."),
    "takes none": gettext_noop("The domain says that it takes no mail. Returned mail is lost."),
    "no mx": gettext_noop("The domain has no MX record. Publish one that names the server of the mailbox."),
    "no reverse": gettext_noop(
        "The address has no name that leads back to it. If the server is your own, ask whoever gives you the address; "
        "the server of a provider usually sends from other addresses, which are its matter."
    ),
    "https": gettext_noop("GUANXI_BASE_URL must be an https address that readers reach (RFC 8058)."),
}


def examined(config: EmailConfig, base_url: str) -> list[Finding]:
    returning = config.return_address.rpartition("@")[2] or config.domain
    lines: list[tuple[str, Callable[[], Finding]]] = [
        (SPF, lambda: _spf(returning, config.host)),
        (DKIM, lambda: _dkim(DKIM, config.dkim_selector, config.domain, config.dkim_key.get_secret_value())),
        (DMARC, lambda: _dmarc(config.domain)),
        (MX, lambda: _mx(returning)),
        (REVERSE, lambda: _reverse(config.host)),
    ]
    if config.next_selector:
        pem = config.next_key.get_secret_value()
        lines.insert(2, (NEXT_DKIM, lambda: _dkim(NEXT_DKIM, config.next_selector, config.domain, pem)))
    return [*(_looked_up(title, look) for title, look in lines), _links(base_url)]


def _looked_up(title: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except NotLookedUp as failure:
        return Finding(title=title, verdict=Verdict.UNKNOWN, said=str(failure), advice=ADVICE["no answer"])


def _spf(domain: str, host: str) -> Finding:
    """Of the domain that returned mail goes to: it is the one that receivers check (RFC 7208 2.4)."""
    found = [text for text in dns.texts(domain) if text.lower().split(" ")[0] == "v=spf1"]
    part = _provider(host)
    wanted = (domain, "TXT", f'"v=spf1 {part} ~all"')
    if not found:
        return Finding(title=SPF, verdict=Verdict.MISSING, advice=ADVICE["publish"], record=wanted)
    said = found[0]
    terms = said.split()[1:]
    if len(found) > 1:
        return Finding(title=SPF, verdict=Verdict.WRONG, said=" | ".join(found), advice=ADVICE["two spf"])
    if any(term.lower() in {"all", "+all"} for term in terms):
        return Finding(title=SPF, verdict=Verdict.WRONG, said=said, advice=ADVICE["everybody"])
    if sum(bool(_COUNTED.match(term)) for term in terms) > MOST_LOOKUPS:
        return Finding(title=SPF, verdict=Verdict.WRONG, said=said, advice=ADVICE["lookups"])
    if part.startswith("include:") and part not in {term.lower().lstrip("+") for term in terms}:
        return Finding(
            title=SPF, verdict=Verdict.WRONG, said=said, advice=ADVICE["not named"], record=(domain, "TXT", part)
        )
    return Finding(title=SPF, verdict=Verdict.OK, said=said)


def _provider(host: str) -> str:
    name = host.lower().rstrip(".")
    for end, included in INCLUDES.items():
        if name == end or name.endswith("." + end):
            return f"include:{included}"
    try:
        return f"ip{ip_address(name).version}:{name}"
    except ValueError:
        return f"a:{name}"


def _dkim(title: str, selector: str, domain: str, pem: str) -> Finding:
    if not selector:
        return Finding(title=title, verdict=Verdict.MISSING, advice=ADVICE["no key"])
    name, kind, value = signing.record(selector, domain, pem)
    published = dns.texts(name)
    if not published:
        return Finding(
            title=title, verdict=Verdict.MISSING, said=name, advice=ADVICE["publish"], record=(name, kind, value)
        )
    tags = _tags(published[0])
    if "".join(tags.get("p", "").split()) != signing.public_key(pem):
        return Finding(
            title=title, verdict=Verdict.WRONG, said=name, advice=ADVICE["other key"], record=(name, kind, value)
        )
    return Finding(title=title, verdict=Verdict.OK, said=name)


def _dmarc(domain: str) -> Finding:
    """Asked at the domain, then above it (RFC 7489 6.6.3 and its successor walk up; two labels are the least)."""
    labels = domain.split(".")
    for start in range(len(labels) - 1):
        name = ".".join(["_dmarc", *labels[start:]])
        found = [text for text in dns.texts(name) if _tags(text).get("v", "").upper() == "DMARC1"]
        if not found:
            continue
        policy = _tags(found[0]).get("p", "").lower()
        if policy not in {"none", "quarantine", "reject"}:
            wanted = (name, "TXT", '"v=DMARC1; p=none"')
            return Finding(title=DMARC, verdict=Verdict.WRONG, said=found[0], advice=ADVICE["no policy"], record=wanted)
        return Finding(title=DMARC, verdict=Verdict.OK, said=f"{name}: {found[0]}")
    record = (f"_dmarc.{domain}", "TXT", '"v=DMARC1; p=none"')
    return Finding(title=DMARC, verdict=Verdict.MISSING, advice=ADVICE["publish"], record=record)


def _mx(domain: str) -> Finding:
    servers = dns.mail_servers(domain)
    if servers == [""]:
        return Finding(title=MX, verdict=Verdict.WRONG, said=f"{domain}: .", advice=ADVICE["takes none"])
    if not servers:
        return Finding(title=MX, verdict=Verdict.MISSING, said=domain, advice=ADVICE["no mx"])
    return Finding(title=MX, verdict=Verdict.OK, said=", ".join(servers))


def _reverse(host: str) -> Finding:
    found = dns.addresses(host) if _NAME.fullmatch(host) else []
    for address in found:
        for name in dns.names_of(address):
            if address in dns.addresses(name):
                return Finding(title=REVERSE, verdict=Verdict.OK, said=f"{address} = {name}")
    said = ", ".join(found) or host
    return Finding(title=REVERSE, verdict=Verdict.MISSING, said=said, advice=ADVICE["no reverse"])


def _links(base_url: str) -> Finding:
    ok = urlsplit(base_url).scheme == "https"
    return Finding(
        title=LINKS,
        verdict=Verdict.OK if ok else Verdict.WRONG,
        said=base_url,
        advice="" if ok else ADVICE["https"],
    )


def _tags(text: str) -> dict[str, str]:
    """`v=DKIM1; p=…` (RFC 6376 3.2); of a tag that is there twice, the first."""
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in reversed(list(pairs))}
