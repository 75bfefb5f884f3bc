import gzip
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from guanxi.kit.net import guard
from guanxi.kit.net.guard import Forbidden, NetError, Peer, Unreachable, is_forbidden, parse_peers
from guanxi.kit.net.http import Answer, BadAnswer, Client, TooLarge
from guanxi.kit.net.smtp import SmtpRefused, Step, Untrusted, connect_smtp
from tests.kit.listener import Listener

PUBLIC = ["8.8.8.8", "1.1.1.1", "93.184.216.34", "172.15.0.1", "172.32.0.1", "100.63.255.255", "100.128.0.1"]
PUBLIC_6 = ["2606:4700:4700::1111", "2001:4860:4860::8888", "2400:cb00::1", "2a00:1450::1"]


def spelled(text: str) -> list[str]:
    return text.split()


INSIDE = spelled("""
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1 127.8.8.8 127.255.255.255
168.63.129.16 169.254.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.1 192.88.99.1
192.168.0.1 192.168.255.255 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.250 240.0.0.1
255.255.255.255
:: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:169.254.169.254 ::ffff:8.8.8.8 ::ffff:0:127.0.0.1
64:ff9b::127.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 100::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:20::1
2001:db8::1 2002:7f00:1::1 2002:a9fe:a9fe::1 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fd12:3456::1 fe80::1 fe80::1%lo
fec0::1 ff02::1 ff05::2 4000::1
""")

# Ways to write loopback, the metadata service and private hosts, in a URL or a server name.
ENCODINGS = spelled("""
127.0.0.1 127.1 127.0.1 2130706433 017700000001 0177.0.0.1 0177.0.0.01 0x7f000001 0x7f.1 0x7f.0.0.1 0x7F.0x0.0x0.0x1
127.000.000.001 0 0.0.0.0 0x0 localhost LOCALHOST localhost. ip6-localhost
[::1] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::ffff:0x7f.1] [0:0:0:0:0:ffff:7f00:0001] [::127.0.0.1]
[64:ff9b::7f00:1] [2002:7f00:1::] [fe80::1] [fc00::1] [::]
１２７.０.０.１ ①②⑦.⓪.⓪.① 127。0。0。1 127．0．0．1
169.254.169.254 2852039166 0xa9fea9fe 0251.0376.0251.0376 169.254.43518 [::ffff:a9fe:a9fe]
10.0.0.1 10.1 192.168.1 0xc0a80001 100.64.0.1 172.16.1 192.0.0.192 198.18.0.1 224.0.0.1 255.255.255.255
""")


@pytest.mark.parametrize("address", INSIDE)
def test_what_is_not_the_public_internet_is_forbidden(address: str) -> None:
    assert is_forbidden(address)


@pytest.mark.parametrize("address", PUBLIC + PUBLIC_6)
def test_the_public_internet_is_allowed(address: str) -> None:
    assert not is_forbidden(address)


def test_our_list_holds_all_that_python_calls_not_global() -> None:
    step = 65_536 * 7 + 257
    for number in range(0, 2**32, step):
        address = ipaddress.IPv4Address(number)
        assert is_forbidden(address) or address.is_global, address


@pytest.mark.parametrize("host", ENCODINGS)
def test_no_spelling_of_an_inside_host_is_ever_dialled(host: str) -> None:
    with Listener() as listener, Client(timeout=3, peers=()) as client:
        with pytest.raises(NetError) as http_refusal:
            client.request("GET", f"http://{host}:{listener.port}/")
        with pytest.raises(NetError) as smtp_refusal:
            connect_smtp(host, listener.port, security="none", timeout=3, peers=())
    assert listener.connections == 0
    for refusal in (http_refusal.value, smtp_refusal.value):  # "no answer" would mean that somebody was asked
        assert isinstance(refusal, Forbidden) or "has no address" in str(refusal)


def test_the_counting_listener_would_have_noticed() -> None:
    with Listener(b"HTTP/1.1 204 \r\n\r\n") as listener:
        assert get(f"http://127.0.0.1:{listener.port}/", listener.port).status == 204
    assert listener.connections == 1


def test_sixty_destinations_are_covered() -> None:
    assert len(INSIDE) + len(ENCODINGS) >= 100


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "gopher://127.0.0.1/",
        "unix:/tmp/x",
        "//127.0.0.1/",
        "http://",
        "http:///x",
    ],
)
def test_only_web_addresses_are_asked(url: str) -> None:
    with Client(peers=()) as client, pytest.raises((Forbidden, Unreachable, BadAnswer)):
        client.request("GET", url)


def test_a_name_that_resolves_inside_is_refused_even_if_one_address_is_public(monkeypatch: pytest.MonkeyPatch) -> None:
    with Listener() as listener, Client(peers=()) as client:
        monkeypatch.setattr(socket, "getaddrinfo", answering("8.8.8.8", "127.0.0.1"))
        with pytest.raises(Forbidden):
            client.request("GET", f"http://rebound.example:{listener.port}/")
    assert listener.connections == 0


def test_a_name_is_resolved_once_and_the_checked_address_is_dialled(monkeypatch: pytest.MonkeyPatch) -> None:
    dialled: list[str] = []
    answers = iter([answering("8.8.8.8"), answering("127.0.0.1")])
    real = socket.getaddrinfo

    def rebinding(host: str, *args: Any, **kwargs: Any) -> Any:
        return next(answers)(host, *args, **kwargs) if host == "rebound.example" else real(host, *args, **kwargs)

    def dial(address: tuple[str, int], *args: Any, **kwargs: Any) -> socket.socket:
        dialled.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    monkeypatch.setattr(socket, "create_connection", dial)
    with Client(peers=()) as client, pytest.raises(Unreachable):
        client.request("GET", "http://rebound.example/")
    assert dialled == ["8.8.8.8"]


def test_a_loopback_peer_is_dialled_only_when_named_as_written() -> None:
    with Listener(b"HTTP/1.1 204 \r\n\r\n") as named, Listener() as other:
        peers = parse_peers(f"127.0.0.1:{named.port}")
        with Client(peers=peers) as client:
            assert client.request("GET", f"http://127.0.0.1:{named.port}/").status == 204
            for url in [
                f"http://127.0.0.1:{other.port}/",
                f"http://127.1:{named.port}/",
                f"http://localhost:{named.port}/",
            ]:
                with pytest.raises(Forbidden):
                    client.request("GET", url)
    assert (named.connections, other.connections) == (1, 0)


def test_naming_a_private_host_as_local_peer_does_not_open_it() -> None:
    with pytest.raises(Forbidden):
        guard.checked_addresses("10.0.0.1", 25, peers=[Peer("10.0.0.1", 25)])


def test_local_peers_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUANXI_LOCAL_PEERS", " 127.0.0.1:2525, LocalHost:8025,[::1]:25,")
    assert guard.local_peers() == {("127.0.0.1", 2525), ("localhost", 8025), ("::1", 25)}
    monkeypatch.delenv("GUANXI_LOCAL_PEERS")
    assert guard.local_peers() == frozenset()


@pytest.mark.parametrize("text", ["127.0.0.1", ":25", "host:", "host:smtp"])
def test_a_peer_without_a_port_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="host:port"):
        parse_peers(text)


@pytest.fixture
def web() -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            getattr(self, "play_" + self.path.strip("/").split("/")[0])()

        def do_POST(self) -> None:
            self.reply(201, self.rfile.read(int(self.headers["Content-Length"])))

        def reply(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def play_redirect(self) -> None:
            self.reply(302, b"", Location="http://169.254.169.254/latest/meta-data/")

        def play_home(self) -> None:
            self.reply(307, b"", Location=f"http://localhost:{self.path.split('/')[-1]}/")

        def play_big(self) -> None:
            self.reply(200, b"x" * 2_000_000)

        def play_bomb(self) -> None:
            self.reply(200, gzip.compress(b"x" * 10_000_000), Content_Encoding="gzip")

        def play_drip(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            for _ in range(1000):
                self.wfile.write(b"x")
                time.sleep(0.05)

        def play_silence(self) -> None:
            time.sleep(1)

        def log_message(self, *_: object) -> None: ...

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None: ...  # clients hang up on purpose here

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


def get(url: str, port: int, **limits: Any) -> Answer:
    with Client(peers=[Peer("127.0.0.1", port)], **limits) as client:
        return client.request("GET", url)


def test_a_redirect_is_an_answer_and_not_followed(web: int) -> None:
    with Listener() as inside:
        answer = get(f"http://127.0.0.1:{web}/home/{inside.port}", web)
    assert (answer.status, answer.headers["location"]) == (307, f"http://localhost:{inside.port}/")
    assert inside.connections == 0
    assert get(f"http://127.0.0.1:{web}/redirect", web).status == 302


def test_a_post_arrives_and_connections_are_reused(web: int) -> None:
    with Client(peers=[Peer("127.0.0.1", web)]) as client:
        answers = [client.request("POST", f"http://127.0.0.1:{web}/", json={"a": n}).body for n in (1, 2)]
    assert answers == [b'{"a":1}', b'{"a":2}']


def test_an_answer_longer_than_the_limit_is_not_read(web: int) -> None:
    with pytest.raises(TooLarge):
        get(f"http://127.0.0.1:{web}/big", web, max_bytes=100_000)


def test_a_compressed_answer_is_not_unfolded(web: int) -> None:
    with pytest.raises(BadAnswer):
        get(f"http://127.0.0.1:{web}/bomb", web)


@pytest.mark.parametrize("path", ["drip", "silence"])
def test_the_whole_exchange_ends_in_time(web: int, path: str) -> None:
    started = time.monotonic()
    with pytest.raises(Unreachable):
        get(f"http://127.0.0.1:{web}/{path}", web, timeout=0.4)
    assert time.monotonic() - started < 1.5


def test_what_is_not_http_is_a_bad_answer() -> None:
    with Listener(b"220 mail.example.test ESMTP\r\n") as listener, pytest.raises(BadAnswer):
        get(f"http://127.0.0.1:{listener.port}/", listener.port)


def test_a_closed_port_is_unreachable() -> None:
    with Listener() as listener:
        port = listener.port
    with pytest.raises(Unreachable):
        get(f"http://127.0.0.1:{port}/", port)


def test_proxies_of_the_environment_are_not_used(web: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with Listener() as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        assert get(f"http://127.0.0.1:{web}/redirect", web).status == 302
    assert proxy.connections == 0


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def server_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


class Kept(Message):
    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[str] = []

    def handle_message(self, message: Any) -> None:
        self.bodies.append(message.get_payload())


def knows_ann(server: Any, session: Any, envelope: Any, mechanism: str, auth_data: Any) -> AuthResult:
    good = isinstance(auth_data, LoginPassword) and auth_data == LoginPassword(b"ann", b"s3cret")
    return AuthResult(success=good, handled=False)


@pytest.fixture
def smtp_server() -> Iterator[Callable[..., tuple[int, Kept]]]:
    running: list[Controller] = []

    def start(**options: Any) -> tuple[int, Kept]:
        kept = Kept()
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        controller = Controller(kept, hostname="localhost", port=port, **options)
        controller.start()
        running.append(controller)
        return port, kept

    yield start
    for controller in running:
        controller.stop()


def test_starttls_then_password(smtp_server: Callable[..., tuple[int, Kept]], certificate: Path) -> None:
    port, kept = smtp_server(tls_context=server_tls(certificate), authenticator=knows_ann, auth_required=True)
    with connect_smtp(
        "localhost", port, security="starttls", username="ann", password="s3cret",
        peers=[Peer("localhost", port)], tls=trusting(certificate),
    ) as session:  # fmt: skip
        session.send("a@x.test", "b@x.test", b"Subject: x\r\n\r\n.dot\nlone \r cr\r\n..two\r\n")
    assert kept.bodies == [".dot\r\nlone \r\n cr\r\n..two\r\n"]


def test_tls_from_the_first_byte(certificate: Path) -> None:
    port = tls_smtp(certificate)
    with connect_smtp(
        "localhost", port, security="tls", peers=[Peer("localhost", port)], tls=trusting(certificate)
    ) as session:
        assert session.open


def tls_smtp(certificate: Path) -> int:
    """Greets, answers EHLO, says goodbye."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listener, server_tls(certificate).wrap_socket(listener.accept()[0], server_side=True) as line:
            line.sendall(b"220 hello\r\n")
            line.recv(1000)
            line.sendall(b"250 hello\r\n")
            line.recv(1000)
            line.sendall(b"221 bye\r\n")

    threading.Thread(target=serve, daemon=True).start()
    port: int = listener.getsockname()[1]
    return port


def test_a_certificate_that_nobody_vouches_for_is_not_accepted(
    smtp_server: Callable[..., tuple[int, Kept]], certificate: Path
) -> None:
    port, _ = smtp_server(tls_context=server_tls(certificate))
    with pytest.raises(Untrusted, match="certificate"):
        connect_smtp("localhost", port, security="starttls", peers=[Peer("localhost", port)])


def test_a_certificate_of_another_name_is_not_accepted(
    smtp_server: Callable[..., tuple[int, Kept]], certificate: Path
) -> None:
    port, _ = smtp_server(tls_context=server_tls(certificate))
    with pytest.raises(Untrusted, match="certificate"):
        connect_smtp("127.0.0.1", port, security="starttls", peers=[Peer("127.0.0.1", port)], tls=trusting(certificate))


def test_a_server_without_starttls_never_sees_the_password(smtp_server: Callable[..., tuple[int, Kept]]) -> None:
    port, _ = smtp_server()
    with pytest.raises(Untrusted, match="STARTTLS"):
        connect_smtp(
            "localhost", port, security="starttls", username="ann", password="s3cret", peers=[Peer("localhost", port)]
        )


def test_a_wrong_password_is_refused_at_sign_in(
    smtp_server: Callable[..., tuple[int, Kept]], certificate: Path
) -> None:
    port, _ = smtp_server(tls_context=server_tls(certificate), authenticator=knows_ann, auth_required=True)
    with pytest.raises(SmtpRefused) as refusal:
        connect_smtp(
            "localhost", port, security="starttls", username="ann", password="wrong",
            peers=[Peer("localhost", port)], tls=trusting(certificate),
        )  # fmt: skip
    assert (refusal.value.step, refusal.value.code) == (Step.LOGIN, 535)


def test_what_does_not_speak_smtp_is_unreachable() -> None:
    with Listener(b"HTTP/1.1 400 \r\n\r\n") as listener, pytest.raises(Unreachable):
        connect_smtp("127.0.0.1", listener.port, security="none", timeout=0.5, peers=[Peer("127.0.0.1", listener.port)])


def answering(*addresses: str) -> Callable[..., Any]:
    def getaddrinfo(host: str, port: int, *_: Any, **__: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    return getaddrinfo
