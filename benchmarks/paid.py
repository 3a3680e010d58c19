"""Paid event to first byte at the printer: a signed webhook in, a label's bytes out.

``python benchmarks/paid.py [--rounds N] [--json FILE]``. The printer is a socket that answers
"ready" and notes when the first byte of each page arrives. Beside it: an empty Flask request.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import http.client
import json
import socket
import statistics
import sys
import tempfile
import threading
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

import clients  # noqa: E402 - the scripts run from anywhere

from station.db import schema  # noqa: E402
from station.db.models import Sku  # noqa: E402
from station.db.session import Database  # noqa: E402
from station.domain.vocabulary import CarrierCode  # noqa: E402
from station.services import numbers, stock  # noqa: E402

KEY = b"benchmark-key-of-32-bytes-length"

TOML = """
[station]
shop = "benchmark"
[web]
port = {port}
[webhook]
secret = "whsec_{secret}"
[[bench]]
name = "1"
[bench.printer]
language = "tspl"
proof = "none"
port = "socket://127.0.0.1:{printer}"
"""


class Paper:
    """A TSPL printer that is always ready and tells when a page begins."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.began = threading.Event()
        self.at = 0.0
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            with peer:
                self._talk(peer)

    def _talk(self, peer: socket.socket) -> None:
        while data := peer.recv(65536):
            if b"SIZE" in data or b"CLS" in data:
                self.at = time.perf_counter()
                self.began.set()
            peer.sendall(b"\x00" * data.count(b"\x1b!?"))

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()


def _prepare(folder: Path, rounds: int) -> None:
    url = f"sqlite:///{folder / 'packbench.db'}"
    schema.upgrade(url)
    now = datetime.now(UTC)
    with closing(Database(url)) as database:
        def fill(session: object) -> None:
            pool = [(CarrierCode.STO, f"7732{n:011d}") for n in range(rounds + 100)]
            numbers.receive(session, pool, batch="bench", now=now)
            sku = Sku(code="BM-1-M", item_no="BM-1", on_hand=0, reserved=0, defect=0)
            session.add(sku)
            session.flush()
            stock.receive(session, sku.id, rounds + 100, now=now)

        database.keys.make()  # a station with a database and no key file does not open
        database.write(fill)


def _order(number: int) -> bytes:
    return json.dumps({
        "platform": "taobao", "order_no": f"24500000000{number:08d}", "buyer": f"b{number}",
        "paid_at": datetime.now(UTC).isoformat(),
        "consignee": {
            "name": "样例", "phone": "13900000001", "province": "浙江省", "city": "台州市",
            "district": "温岭市", "street": f"样例路{number}号",
        },
        "lines": [{"line_no": "1", "sku": "BM-1-M", "item_no": "BM-1", "title": "T恤",
                   "color": "白色", "size": "M", "quantity": 1, "price_fen": 5900}],
    }).encode()


def _pay(port: int, number: int) -> None:
    body, stamp = _order(number), int(time.time())
    signed = hmac.new(KEY, f"evt_{number}.{stamp}.".encode() + body, hashlib.sha256).digest()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", "/api/v1/orders/paid", body, {
        "Content-Type": "application/json", "webhook-id": f"evt_{number}",
        "webhook-timestamp": str(stamp),
        "webhook-signature": "v1," + base64.b64encode(signed).decode(),
    })
    answer = connection.getresponse()
    answer.read()
    connection.close()
    if answer.status >= 300:
        raise RuntimeError(f"HTTP {answer.status}")


def run(rounds: int) -> dict[str, float]:
    """Median and 99th percentile in milliseconds."""
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        folder, paper, port = Path(home), Paper(), clients.free_port()
        _prepare(folder, rounds)
        secret = base64.b64encode(KEY).decode()
        toml = TOML.format(port=port, secret=secret, printer=paper.port)
        (folder / "station.toml").write_text(toml, "utf-8")
        command = ("-c", "from web.cli import main; main()", "serve", "--config",
                   str(folder / "station.toml"))
        took = []
        with clients.process(*command, port=port, cwd=ROOT):
            for number in range(rounds):
                paper.began.clear()
                begin = time.perf_counter()
                _pay(port, number)
                if not paper.began.wait(20):
                    raise RuntimeError("no label came")
                took.append(paper.at - begin)
                time.sleep(0.05)  # the label before must be done, or its page would be waited for
        paper.close()
    with clients.floor(clients.EMPTY) as port:
        empty = clients.empty_requests(port, 1, 200)
    return {
        "paid_to_first_byte_p50_ms": statistics.median(took) * 1000,
        "paid_to_first_byte_p99_ms": clients.percentile(took, 0.99),
        "floor_empty_request_ms": clients.percentile(empty, 0.5),
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found = run(options.rounds)
    print(json.dumps(found, indent=2))
    if options.json:
        options.json.write_text(json.dumps(found))


if __name__ == "__main__":
    main()
