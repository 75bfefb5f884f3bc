"""The mailboxes of the mail simulator over IMAP (RFC 3501), as much of it as a reader of returned mail needs.

Whoever signs in as `bounce@brand.test` sees what came for that address and for `bounce+anything@brand.test`. Every
password is right.
"""

import re
import socket
import socketserver
import threading

from guanxi.simulators.mail_store import Store

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')
_FETCH = re.compile(r"(\d+) \(BODY\.PEEK\[\](?:<0\.(\d+)>)?\)", re.IGNORECASE)


class ImapServer(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, store: Store, listener: socket.socket) -> None:
        super().__init__(("127.0.0.1", 0), _Session, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.server_address = listener.getsockname()
        self.store = store
        self._thread = threading.Thread(target=self.serve_forever, name="mail-imap", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join()


class _Session(socketserver.StreamRequestHandler):
    server: ImapServer
    user = ""

    def handle(self) -> None:
        self._say("* OK [CAPABILITY IMAP4rev1] guanxi mail simulator")
        try:
            while line := self.rfile.readline(4096).decode("utf-8", "replace").rstrip("\r\n"):
                tag, _, rest = line.partition(" ")
                command, _, arguments = rest.partition(" ")
                if self._answer(tag, command.upper(), arguments):
                    return
        except OSError:
            return

    def _answer(self, tag: str, command: str, arguments: str) -> bool:
        """True when the session ends."""
        match command:
            case "CAPABILITY":
                self._say("* CAPABILITY IMAP4rev1")
            case "NOOP" | "CHECK":
                pass
            case "LOGIN":
                self.user = (_words(arguments) or [""])[0].lower()
            case "LOGOUT":
                self._say("* BYE")
                self._say(f"{tag} OK done")
                return True
            case "SELECT" if self.user:
                if (_words(arguments) or [""])[0].upper() != "INBOX":
                    self._say(f"{tag} NO there is no such folder")
                    return False
                self._say(f"* {len(self.server.store.box(self.user))} EXISTS")
                self._say(r"* FLAGS (\Seen)")
                self._say("* OK [UIDVALIDITY 1]")
            case "UID" if self.user:
                if not self._uid(*arguments.partition(" ")[::2]):
                    self._say(f"{tag} BAD that is not played here")
                    return False
            case _:
                self._say(f"{tag} BAD that is not played here")
                return False
        self._say(f"{tag} OK done")
        return False

    def _uid(self, command: str, arguments: str) -> bool:
        store = self.server.store
        match command.upper():
            case "SEARCH":
                found = store.box(self.user, unseen="UNSEEN" in arguments.upper())
                self._say("* SEARCH " + " ".join(map(str, found)))
            case "FETCH" if wanted := _FETCH.fullmatch(arguments):
                mail = store.mail(int(wanted[1])) if int(wanted[1]) in store.box(self.user) else None
                if mail is not None:
                    raw = mail.raw[: int(wanted[2])] if wanted[2] else mail.raw
                    self._say(f"* 1 FETCH (UID {mail.id} BODY[]<0> {{{len(raw)}}}")
                    self.wfile.write(raw + b")\r\n")
            case "STORE" if stored := re.match(r"(\d+) \+FLAGS", arguments, re.IGNORECASE):
                store.see(self.user, int(stored[1]))
            case _:
                return False
        return True

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")


def _words(arguments: str) -> list[str]:
    found = _QUOTED.findall(arguments)
    return [re.sub(r"\\(.)", r"\1", quoted) if quoted else plain for quoted, plain in found]
