"""Names looked up, with "there is none" and "nobody answered" kept apart. Which server is asked is the machine's own
matter, or that of GUANXI_DNS (`host:port`); what is asked never chooses it."""

import os
from ipaddress import ip_address

import dns.exception
import dns.resolver
import dns.reversename

from guanxi.kit.net.guard import NetError

SECONDS = 4.0  # for one question, all servers and repeats together


class NotLookedUp(NetError):
    """Nobody answered, or not in a way that says yes or no."""


def texts(name: str) -> list[str]:
    """TXT records, each with its strings joined."""
    return [b"".join(one.strings).decode("utf-8", "replace") for one in _asked(name, "TXT")]


def addresses(name: str) -> list[str]:
    return [str(one.address) for kind in ("A", "AAAA") for one in _asked(name, kind)]


def mail_servers(name: str) -> list[str]:
    """Of MX, the best first; `.` (RFC 7505, takes no mail) is an empty name."""
    found = sorted(_asked(name, "MX"), key=lambda one: int(one.preference))
    return [one.exchange.to_text(omit_final_dot=True).strip(".") for one in found]


def names_of(address: str) -> list[str]:
    """What the address is called (PTR)."""
    reverse = dns.reversename.from_address(str(ip_address(address)))
    return [one.target.to_text(omit_final_dot=True) for one in _asked(reverse.to_text(), "PTR")]


def _asked(name: str, kind: str) -> list[dns.resolver.Answer]:
    try:
        return list(_resolver().resolve(name, kind, search=False, lifetime=SECONDS))
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError, UnicodeError) as error:
        raise NotLookedUp(f"{kind} of {name}: {type(error).__name__}") from error


def _resolver() -> dns.resolver.Resolver:
    server = os.environ.get("GUANXI_DNS", "")
    if not server:
        return dns.resolver.Resolver()
    resolver = dns.resolver.Resolver(configure=False)
    host, _, port = server.rpartition(":")
    resolver.nameservers, resolver.port = [host.strip("[]")], int(port)
    return resolver
