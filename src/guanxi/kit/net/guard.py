"""Where we may connect to. The name is resolved once, every address is checked, and the checked address is dialled.

Checking a URL when it is saved, or a name before it is resolved again, is what let other products be turned against
their own network (redirects, DNS rebinding, `0x7f.1`, mapped IPv6): so the check sits here, under every client.
"""

import os
import re
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import NamedTuple

Address = IPv4Address | IPv6Address
HOST_LABEL = re.compile(r"\w(?:[\w-]*\w)?")


class NetError(Exception):
    """Base of what goes wrong on the network."""


class Forbidden(NetError):
    """The destination is inside our own network, or otherwise not the public internet. Nothing was dialled."""


class Unreachable(NetError):
    """No such name, nobody listening, no answer in time, or the line broke."""


class Peer(NamedTuple):
    host: str
    port: int


# IANA special-purpose registries (RFC 6890 and its updates). `ipaddress.is_private` of Python 3.11.7 says False for
# 100.64/10, 64:ff9b::/96, 2002::/16 and multicast, so the list is our own.
_FORBIDDEN_4 = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT; holds Alibaba's metadata service
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's host agent, on an address that looks public
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
# IPv6 the other way round: only global unicast, less what tunnels to IPv4 or documents. Mapped (::ffff/96), NAT64
# (64:ff9b::/96), unique local, link-local and multicast all lie outside 2000::/3.
_GLOBAL_6 = ip_network("2000::/3")
_FORBIDDEN_6 = tuple(
    ip_network(text)
    for text in (
        "2001::/23",  # IETF protocols, Teredo among them
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)


def is_forbidden(address: str | Address) -> bool:
    """True unless `address` (a canonical IP address) is an ordinary host on the public internet."""
    ip = ip_address(address)
    if isinstance(ip, IPv4Address):
        return any(ip in network for network in _FORBIDDEN_4)
    return ip.scope_id is not None or ip not in _GLOBAL_6 or any(ip in network for network in _FORBIDDEN_6)


def is_inside(host: str) -> bool:
    """An early word to whoever types it; what counts is the check at every connection. Also sees an address that is
    written as a resolver reads it: `2130706433`, `0x7f.1`, `127.1`."""
    name = host.strip("[]").rstrip(".").lower()
    with suppress(ValueError):
        return is_forbidden(name)
    with suppress(OSError, UnicodeError, ValueError):
        return is_forbidden(IPv4Address(socket.inet_aton(name)))
    return name == "localhost" or name.endswith((".localhost", ".local", ".internal"))


def is_host(text: str) -> bool:
    """Whether it can be the name or the address of a server."""
    with suppress(ValueError):
        ip_address(text.strip("[]"))
        return True
    labels = text.removesuffix(".").split(".")
    return all(label and len(label) < 64 and HOST_LABEL.fullmatch(label) for label in labels)


def local_peers() -> frozenset[Peer]:
    """The loopback listeners that we may dial, from GUANXI_LOCAL_PEERS (`127.0.0.1:2525,localhost:8025,[::1]:25`)."""
    return parse_peers(os.environ.get("GUANXI_LOCAL_PEERS", ""))


def parse_peers(text: str) -> frozenset[Peer]:
    peers = set()
    for item in filter(None, (part.strip() for part in text.split(","))):
        host, colon, port = item.rpartition(":")
        if not colon or not host or not port.isdecimal():
            raise ValueError(f"GUANXI_LOCAL_PEERS: {item!r} is not host:port")
        peers.add(Peer(host.strip("[]").lower(), int(port)))
    return frozenset(peers)


def checked_addresses(host: str, port: int, *, peers: Iterable[Peer] | None = None) -> list[str]:
    """The addresses of `host`, all of them allowed. A loopback address passes only if `host` and `port` are named, as
    they are written here, among `peers` (default: `local_peers()`)."""
    named = Peer(host.strip("[]").lower(), port) in (local_peers() if peers is None else peers)
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, ValueError) as error:
        raise Unreachable(f"{host!r} has no address") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        if is_forbidden(address) and not (named and ip_address(address).is_loopback):
            raise Forbidden(f"{host!r} is not on the public internet")
    return addresses


def connect(
    host: str,
    port: int,
    *,
    timeout: float,
    peers: Iterable[Peer] | None = None,
    resolved: Callable[[], None] = lambda: None,
) -> socket.socket:
    """A connected TCP socket with `timeout` set on it; the first address that answers. `resolved` is called when the
    name has been found and is allowed."""
    failure: OSError | None = None
    addresses = checked_addresses(host, port, peers=peers)
    resolved()
    for address in addresses:
        try:
            sock = socket.create_connection((address, port), timeout)
        except OSError as error:
            failure = error
            continue
        # A body and its closing dot are two writes; Nagle would hold the second for the peer's delayed ACK.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock
    raise Unreachable(f"{host}:{port} does not answer") from failure


@contextmanager
def time_limit(seconds: float | None, line: Callable[[], socket.socket | None]) -> Iterator[None]:
    """Ends the line after so long, also one whose answer drips in byte by byte. `line` is asked when the time is up."""
    if seconds is None:
        yield
        return

    def end() -> None:
        if (sock := line()) is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
