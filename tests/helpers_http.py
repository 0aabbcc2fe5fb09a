"""An HTTP server on loopback that misbehaves as it is told, and remembers what it was asked."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Answer = Callable[["_Handler"], None]


def ok(body: bytes, **headers: str) -> Answer:
    """Answer 200 with the body; ``Last_Modified=...`` becomes the header ``Last-Modified``."""
    return lambda handler: handler.send(200, body, len(body), headers)


def status(code: int) -> Answer:
    return lambda handler: handler.send(code, b"", 0, {})


def cut_short(body: bytes, declared: int) -> Answer:
    """Announce more bytes than are sent, then hang up."""
    return lambda handler: handler.send(200, body, declared, {})


def silent(handler: _Handler) -> None:
    """Never answer (until the server is closed)."""
    handler.server.closing.wait(30)


@dataclass
class Server:
    """``answers``: path -> what to do on the first, second, ... request; the last one stays."""

    url: str
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Listener

    def do_GET(self) -> None:
        self.server.script.asked.append(self.path)
        answers = self.server.script.answers.get(self.path, [status(404)])
        (answers.pop(0) if len(answers) > 1 else answers[0])(self)

    def send(self, code: int, body: bytes, length: int, headers: dict[str, str]) -> None:
        self.send_response(code)
        self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


class _Listener(http.server.ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.closing = threading.Event()
        self.script = Server(f"http://127.0.0.1:{self.server_port}")


@contextmanager
def serving() -> Iterator[Server]:
    with _Listener() as listener:
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield listener.script
        finally:
            listener.closing.set()
            listener.shutdown()
            thread.join()


def port_with_nobody() -> int:
    """Return a port that was just free: a connection to it is refused."""
    with _Listener() as listener:
        return listener.server_port
