"""Keep-alive HTTP clients that time each answer, and the floors that the answers stand on."""

from __future__ import annotations

import json
import re
import socket
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

EMPTY = """
import sys
from flask import Flask, jsonify
from waitress import serve
app = Flask("empty")
@app.post("/empty")
def empty():
    return jsonify(ok=True)
serve(app, host="127.0.0.1", port=int(sys.argv[1]), threads=32, ident=None,
      send_bytes=1, channel_request_lookahead=1)
"""


DURABLE = EMPTY.replace("import sys\n", "import sqlite3, sys, threading\n").replace(
    "    return jsonify", "    with turn:\n        note()\n    return jsonify"
).replace("@app.post", """
turn = threading.Lock()
base = sqlite3.connect(sys.argv[2], isolation_level=None, check_same_thread=False)
base.execute("PRAGMA journal_mode=WAL")
base.execute("PRAGMA synchronous=FULL")
base.execute("CREATE TABLE scan (id INTEGER PRIMARY KEY, code TEXT)")
def note():
    base.execute("BEGIN IMMEDIATE")
    base.execute("INSERT INTO scan (code) VALUES ('x')")
    base.execute("COMMIT")
@app.post""")
"""The floor of a durable scan: an empty Flask request that makes one bare durable transaction.

The two measured apart and added up would lie: a transaction in a tight loop costs a quarter of the
same transaction after the millisecond of quiet that lies between two requests.
"""


_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


class Client:
    """One connection that stays open, on a bare socket.

    Sixteen of them share this process: what ``http.client`` computes around an answer, 0.15 ms,
    fifteen others would wait for, and the figure would be of the client.
    """

    def __init__(self, port: int) -> None:
        self._host = f"127.0.0.1:{port}"
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def post(self, path: str, body: dict[str, object]) -> tuple[float, dict[str, object]]:
        """Seconds until the whole answer was there, and the answer."""
        data = json.dumps(body).encode()
        head = (f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n")
        begin = time.perf_counter()
        self._socket.sendall(head.encode() + data)
        status, text = self._answer()
        took = time.perf_counter() - begin
        if status != b"200":
            raise RuntimeError(f"{path}: HTTP {status.decode()} {text[:200]!r}")
        return took, json.loads(text)

    def _answer(self) -> tuple[bytes, bytes]:
        """Status and body of one answer, which says how long its body is."""
        got = b""
        while (end := got.find(b"\r\n\r\n")) < 0:
            got += self._more()
        length = int(_LENGTH.search(got, 0, end + 2)[1])
        while len(got) < end + 4 + length:
            got += self._more()
        return got.split(b" ", 2)[1], got[end + 4 :]

    def _more(self) -> bytes:
        data = self._socket.recv(65536)
        if not data:
            raise RuntimeError("the server hung up")
        return data

    def close(self) -> None:
        """Let go of the connection."""
        self._socket.close()


def free_port() -> int:
    """A port of this computer that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(*command: str, port: int, cwd: Path | None = None) -> Iterator[tuple[int, float]]:
    """A server as a child; yields its pid and the seconds until its port answered."""
    begin = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, *command], cwd=cwd, stdout=subprocess.DEVNULL
    ) as child:
        try:
            _until_open(port, child)
            yield child.pid, time.perf_counter() - begin
        finally:
            child.terminate()
            child.wait(20)


def _until_open(port: int, child: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and child.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise RuntimeError("the server did not come up")


def in_turn(workers: list[Callable[[], list[float]]]) -> list[float]:
    """Run the workers at once and gather what they timed."""
    results: list[list[float]] = [[] for _ in workers]

    def run(index: int) -> None:
        results[index] = workers[index]()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(workers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [took for result in results for took in result]


def percentile(values: list[float], share: float) -> float:
    """The value below which ``share`` of the values lie, in milliseconds."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000


@contextmanager
def floor(script: str, *arguments: str) -> Iterator[int]:
    """A server of one of the scripts above; yields its port."""
    port = free_port()
    with process("-c", script, str(port), *arguments, port=port):
        yield port


def empty_requests(port: int, clients: int, rounds: int) -> list[float]:
    """Timings of a floor's requests from as many clients at once."""
    def work() -> list[float]:
        client = Client(port)
        took = [client.post("/empty", {"code": "x"})[0] for _ in range(rounds)]
        client.close()
        return took[rounds // 10 :]

    return in_turn([work] * clients)


def bare_transaction(folder: Path, rounds: int) -> float:
    """Median milliseconds of one durable insert with nothing around it."""
    path = folder / "floor.db"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE scan (id INTEGER PRIMARY KEY, code TEXT)")
    took = []
    for number in range(rounds):
        begin = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO scan (code) VALUES (?)", (str(number),))
        connection.execute("COMMIT")
        took.append(time.perf_counter() - begin)
    connection.close()
    path.unlink()
    return statistics.median(took) * 1000
