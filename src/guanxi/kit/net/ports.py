"""Listeners of our own on this machine: which port is free, and does the process behind one answer."""

import http.client
import socket


def is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As the web server does: a port whose last connections still linger is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def first_free(host: str, wanted: int, tries: int = 100) -> int | None:
    """`wanted`, or the next free port after it."""
    ports = range(wanted, min(wanted + tries, 65536))
    return next((port for port in ports if is_free(host, port)), None)


def answers(host: str, port: int, path: str, timeout: float = 2) -> bool:
    """True if a GET of `path` gives 200."""
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
