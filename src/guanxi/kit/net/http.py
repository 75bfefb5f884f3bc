"""The one HTTP client: httpx over an httpcore pool that dials checked addresses only.

No redirects, no proxies from the environment, a limit on the time of the whole exchange and on the size of the answer.
"""

import ssl
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpcore
import httpx

from guanxi.kit.net.guard import Forbidden, NetError, Peer, Unreachable, checked_addresses

_deadline: ContextVar[float] = ContextVar("guanxi_http_deadline")


class TooLarge(NetError):
    """The answer is longer than we read."""


class BadAnswer(NetError):
    """What came back is not the HTTP that we asked for."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: httpx.Headers
    body: bytes


class Client:
    """May be shared between threads. A redirect (3xx) is an answer like any other: it is not followed."""

    def __init__(
        self,
        *,
        timeout: float = 15,
        max_bytes: int = 1_000_000,
        peers: Iterable[Peer] | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._timeout, self._max_bytes = timeout, max_bytes
        self._httpx = httpx.Client(transport=_CheckedTransport(peers, tls), trust_env=False, follow_redirects=False)

    def request(
        self,
        method: str,
        url: str,
        *,
        content: bytes = b"",
        json: Any = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        at_most: int | None = None,
    ) -> Answer:
        """Raises Forbidden, Unreachable, TooLarge or BadAnswer; a 4xx or 5xx is an Answer. With `at_most`, the rest of
        a longer body is left on the line, and nothing of a compressed one is read."""
        body = {"json": json} if json is not None else {"content": content}
        asked = {"accept-encoding": "identity", **(headers or {})}  # a compressed answer could unfold past any limit
        with (
            _time_limit(self._timeout),
            _as_ours(),
            self._httpx.stream(method, url, params=params, headers=asked, **body) as answer,
        ):
            is_plain = answer.headers.get("content-encoding", "identity") == "identity"
            if at_most is not None:
                return Answer(answer.status_code, answer.headers, _beginning(answer, at_most) if is_plain else b"")
            if not is_plain:
                raise BadAnswer("the answer is compressed although we did not ask for it")
            return Answer(answer.status_code, answer.headers, self._read(answer))

    def _read(self, answer: httpx.Response) -> bytes:
        body = bytearray()
        for chunk in answer.iter_raw():
            body += chunk
            if len(body) > self._max_bytes:
                raise TooLarge(f"the answer is longer than {self._max_bytes} bytes")
        return bytes(body)

    def close(self) -> None:
        self._httpx.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _beginning(answer: httpx.Response, at_most: int) -> bytes:
    body = bytearray()
    for chunk in answer.iter_raw():
        body += chunk
        if len(body) >= at_most:
            break
    return bytes(body[:at_most])


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    token = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


@contextmanager
def _as_ours() -> Iterator[None]:
    try:
        yield
    except httpx.InvalidURL as error:
        raise Forbidden(f"not a web address: {error}") from error
    except (httpcore.UnsupportedProtocol, httpx.UnsupportedProtocol) as error:
        raise Forbidden("only http and https addresses") from error
    except (httpcore.ProtocolError, httpx.ProtocolError, httpx.LocalProtocolError) as error:
        raise BadAnswer(str(error)) from error
    except (httpcore.NetworkError, httpcore.TimeoutException, httpx.TransportError, ssl.SSLError) as error:
        raise Unreachable(str(error) or type(error).__name__) from error


class _CheckedTransport(httpx.BaseTransport):
    def __init__(self, peers: Iterable[Peer] | None, tls: ssl.SSLContext | None) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls or ssl.create_default_context(),
            max_connections=50,
            keepalive_expiry=15,
            network_backend=_CheckedBackend(peers),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        answer = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=url,
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer))

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        return self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


class _CheckedBackend(httpcore.NetworkBackend):
    def __init__(self, peers: Iterable[Peer] | None) -> None:
        self._peers = None if peers is None else frozenset(peers)
        self._dialler = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception | None = None
        for address in checked_addresses(host, port, peers=self._peers):
            try:
                return _TimedStream(self._dialler.connect_tcp(address, port, _remaining()))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise Unreachable(f"{host}:{port} does not answer") from failure

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        raise Forbidden("not on the public internet")


class _TimedStream(httpcore.NetworkStream):
    """Every step gets what is left of the exchange's time, so that an answer dripped byte by byte ends too."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _remaining())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _remaining())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _TimedStream(self._inner.start_tls(ssl_context, server_hostname, _remaining()))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _remaining() -> float:
    left = _deadline.get() - time.monotonic()
    if left <= 0:
        raise Unreachable("no complete answer in time")
    return left
