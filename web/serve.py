"""Serve the pages with waitress, and stop cleanly."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

from flask import Flask
from waitress import wasyncore
from waitress.server import BaseWSGIServer, create_server

from web import guard, limits, tls
from web.bodies import Bodies
from web.limits import Limits
from web.stream import Streams

_LOOK_S = 1.0  # so often the loop looks for what takes too long, and whether it should end


def _listen(host: str, port: int) -> socket.socket:
    """A socket that listens at this address; OSError if it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=1024)


class Server:
    """The pages on one address: ``run`` serves from this thread, ``start`` from its own."""

    def __init__(
        self, app: Flask, host: str, port: int, threads: int, lan: tls.Lan | None = None,
        *, within: Limits | None = None,
    ) -> None:
        self.app = app
        self._within = within or Limits()
        self._map: dict[int, Any] = {}
        served: tls.Wsgi = app
        # Bound here first: waitress would leave its threads behind if the port is taken.
        sockets = [_listen(host, port)]
        self._front: tls.Front | None = None
        if lan is not None:
            served = self._behind(lan, sockets)
        self._server: Any = create_server(
            served,
            map=self._map,
            sockets=sockets,
            threads=threads,
            ident=None,
            # Lets a stream see that its browser went away (waitress.client_disconnected).
            channel_request_lookahead=1,
            max_request_header_size=limits.LARGEST_HEADER,
            max_request_body_size=limits.LARGEST_UPLOAD,
            connection_limit=self._within.connections,
            channel_timeout=limits.IDLE_S,
            clear_untrusted_proxy_headers=True,
        )
        # The listening sockets: one, or two where a name means IPv4 and IPv6, or TLS is in front.
        self._listening = [each for each in self._map.values() if isinstance(each, BaseWSGIServer)]
        self._watch_over()
        self._stopping = threading.Event()
        self._asked = False
        self._running = threading.Event()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def _watch_over(self) -> None:
        """Give every listening socket connections that may be late, and a bell that may be."""
        for each in self._listening:
            each.channel_class = limits.Channel
            each.bodies = Bodies(self.app)
            each.trigger.close()
            each.trigger = limits.Bell(self._map)

    def _behind(self, lan: tls.Lan, sockets: list[socket.socket]) -> tls.Wsgi:
        """Put the front for other computers before an inner port; what is served at both."""
        try:
            inner = _listen("127.0.0.1", 0)
            sockets.append(inner)
            peers = tls.Peers()
            self._front = tls.Front(lan, int(inner.getsockname()[1]), peers)
        except OSError:
            for each in sockets:
                each.close()
            raise
        return tls.behind(self.app, peers, int(inner.getsockname()[1]))

    @property
    def lan_port(self) -> int:
        """The port of TLS; 0 where other computers are not served by it."""
        return self._front.port if self._front is not None else 0

    @property
    def port(self) -> int:
        """The port that is listened on; the system chose it if the settings said 0."""
        return int(self._listening[0].effective_port)

    @property
    def url(self) -> str:
        """The address to open in a browser on this computer."""
        host = str(self._listening[0].effective_host)
        if host in guard.ANY_ADDRESS:
            host = "127.0.0.1"
        return f"http://[{host}]:{self.port}/" if ":" in host else f"http://{host}:{self.port}/"

    def run(self) -> None:
        """Serve until ``close`` is called from another thread, ``stop_soon``, or Ctrl-C."""
        if self._front is not None:
            self._front.start()
        self._running.set()
        try:
            self._loop()
            if self._asked:
                self._finish_answers()
        except KeyboardInterrupt:
            self._finish_answers()
        finally:
            wasyncore.close_all(self._map)
            self._close_front()
            self._stopped.set()

    def _loop(self) -> None:
        """Serve, and now and then drop what is late. By poll: a select ends at 1,024 files."""
        looked = time.monotonic()
        while not self._stopping.is_set():
            wasyncore.loop(timeout=_LOOK_S, use_poll=True, map=self._map, count=1)
            if (now := time.monotonic()) - looked >= _LOOK_S:
                looked = now
                for each in self._listening:
                    limits.drop_late(
                        each.active_channels.values(), now, self._within.request_s)

    def _close_front(self) -> None:
        if self._front is not None:
            self._front.close()

    def stop_soon(self) -> None:
        """Ask ``run`` to end within a second. May be called by a signal's handler.

        An exception out of a handler would be lost if it came up in a callback that swallows it.
        """
        self._asked = True
        self._stopping.set()

    def start(self) -> None:
        """Serve from a thread of its own until ``close``."""
        self._thread = threading.Thread(target=self.run, name="web")
        self._thread.start()
        self._running.wait()

    def close(self) -> None:
        """End the streams, finish the answers under way, let go of the port."""
        if self._stopped.is_set():
            return
        self._finish_answers()
        if not self._running.is_set():
            wasyncore.close_all(self._map)
            self._close_front()
            self._stopped.set()
            return
        # Said inside the loop's own thread, which alone may close what it listens on.
        self._listening[0].trigger.pull_trigger(self._stopping.set)
        self._stopped.wait()
        if self._thread is not None:
            self._thread.join()

    def _finish_answers(self) -> None:
        streams: Streams = self.app.extensions["streams"]
        streams.close()
        self._server.task_dispatcher.shutdown()
