"""TLS for other computers, in front of the same pages.

waitress speaks no TLS. This front takes connections from the network, speaks TLS, and passes the
bytes on to a second, inner port of the same server; this computer's own pages keep their plain
port and pay nothing. What comes in by the inner port is never "this computer", whoever connects
there: its address is the one the front has written down, or unknown.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HANDSHAKE_S = 10.0
IDLE_S = 75.0
"""Seconds without a byte either way; a stream's heartbeat comes more often."""
SEND_S = 30.0
MOST = 256
"""Connections at a time; more wait in the system's queue."""
EACH = 48
"""Connections of one address at a time; more are closed at once, so that it keeps nobody out."""
_CHUNK = 64 * 1024
_LOOK_S = 1.0

UNKNOWN = "?"
"""The address of who came in by the inner port and is not written down: nobody's, and not ours."""

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def context_of(cert: Path, key: Path) -> ssl.SSLContext:
    """The certificate with its key, for TLS 1.2 and newer. OSError (SSLError) if they are unfit."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(cert, key)
    context.set_alpn_protocols(["http/1.1"])
    return context


@dataclass(frozen=True, slots=True)
class Lan:
    """Where other computers are served: address, port, certificate."""

    host: str
    port: int
    context: ssl.SSLContext


class Peers:
    """Who is behind each connection of the front: its own port to the caller's address."""

    def __init__(self) -> None:
        self._addresses: dict[int, str] = {}

    def note(self, port: int, address: str) -> None:
        """Write a caller down, before any of his bytes go on."""
        self._addresses[port] = address

    def forget(self, port: int) -> None:
        """The connection is over."""
        self._addresses.pop(port, None)

    def address(self, port: str) -> str:
        """Whose connection this is; ``UNKNOWN`` where nobody is written down."""
        return self._addresses.get(int(port), UNKNOWN) if port.isdigit() else UNKNOWN


def behind(app: Wsgi, peers: Peers, inner_port: int) -> Wsgi:
    """The application as the front's callers see it: over HTTPS, from their own addresses."""
    def wrapped(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("SERVER_PORT") == str(inner_port):
            environ["wsgi.url_scheme"] = "https"
            environ["REMOTE_ADDR"] = peers.address(str(environ.get("REMOTE_PORT", "")))
        return app(environ, start)

    return wrapped


class Front:
    """Listens with TLS for other computers, and passes on to the port ``inner`` of this one."""

    def __init__(self, lan: Lan, inner: int, peers: Peers) -> None:
        family = socket.AF_INET6 if ":" in lan.host else socket.AF_INET
        self._listener = socket.create_server((lan.host, lan.port), family=family, backlog=128)
        self._listener.settimeout(_LOOK_S)
        self._context, self._inner, self._peers = lan.context, inner, peers
        self._places = threading.BoundedSemaphore(MOST)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._accept, name="tls")
        self._serving: set[threading.Thread] = set()
        self._held: Counter[str] = Counter()
        self._lock = threading.Lock()

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return int(self._listener.getsockname()[1])

    def start(self) -> None:
        """Take connections, from a thread of its own."""
        self._thread.start()

    def close(self) -> None:
        """Take no more, end those that are open, and let go of the port."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        with self._lock:
            serving = list(self._serving)
        for thread in serving:
            thread.join()
        self._listener.close()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            if not self._places.acquire(timeout=_LOOK_S):
                continue
            try:
                caller, address = self._listener.accept()
            except OSError:  # nobody within a second, or somebody who went at once
                self._places.release()
                continue
            self._receive(caller, str(address[0]))

    def _receive(self, caller: socket.socket, address: str) -> None:
        thread = threading.Thread(target=self._serve, args=(caller, address), name="tls-caller")
        with self._lock:
            too_many = self._held[address] >= EACH
            if not too_many:
                self._held[address] += 1
                self._serving.add(thread)
        if too_many:
            caller.close()
            self._places.release()
        else:
            thread.start()

    def _serve(self, caller: socket.socket, address: str) -> None:
        """One connection, from its handshake to its end; what goes wrong ends it, and only it."""
        try:
            with contextlib.suppress(OSError), caller:
                caller.settimeout(HANDSHAKE_S)
                with self._context.wrap_socket(caller, server_side=True) as outer:
                    self._pass_on(outer, address)
        finally:
            with self._lock:
                self._serving.discard(threading.current_thread())
                self._held[address] -= 1
                if not self._held[address]:
                    del self._held[address]
            self._places.release()

    def _pass_on(self, outer: ssl.SSLSocket, address: str) -> None:
        with socket.socket() as inner:
            inner.bind(("127.0.0.1", 0))
            own = int(inner.getsockname()[1])
            self._peers.note(own, address)
            try:
                inner.connect(("127.0.0.1", self._inner))
                inner.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._pump(outer, inner)
            finally:
                self._peers.forget(own)

    def _pump(self, outer: ssl.SSLSocket, inner: socket.socket) -> None:
        """Carry bytes both ways until one side ends, or nobody says anything for long."""
        outer.settimeout(SEND_S)
        inner.settimeout(SEND_S)
        quiet = 0.0
        with selectors.DefaultSelector() as both:
            both.register(outer, selectors.EVENT_READ, (outer, inner))
            both.register(inner, selectors.EVENT_READ, (inner, outer))
            while quiet < IDLE_S and not self._stopping.is_set():
                ready = both.select(_LOOK_S)
                quiet = 0.0 if ready else quiet + _LOOK_S
                if not all(_carried(*key.data) for key, _ in ready):
                    return


def _carried(source: socket.socket, target: socket.socket) -> bool:
    """Carry what is there now; False at the source's end."""
    while True:
        data = source.recv(_CHUNK)
        if not data:
            return False
        target.sendall(data)
        if not isinstance(source, ssl.SSLSocket) or not source.pending():
            return True
