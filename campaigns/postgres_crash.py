"""PostgreSQL killed under load, restarted or failed over to a synchronous standby.

A private cluster takes paid orders from several threads and dies at once (`pg_ctl -m immediate`).
Whatever was answered must be there afterwards, on the same server or on the promoted standby, and
every order whose answer never came is told again: it must be in exactly once.

    python campaigns/postgres_crash.py --crashes 40 --seed 1 [--failover]
"""

from __future__ import annotations

import argparse
import os
import pwd
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

from kill import HOME, SHIRT, furnish, keys_of
from oracles import Violation, must, whole_history
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from station.db.session import Database
from station.domain.orders import OrderLine, PaidOrder
from station.services import intake, numbers
from station.services.rules import Rules

SHOWS = ("F9", "F17", "44")

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
RULES = Rules(low_pool=0)
THREADS = 4
URL = "postgresql+psycopg://station@/postgres?host={}"


class Server:
    """One PostgreSQL in a folder of its own, on a unix socket only."""

    def __init__(self, home: Path, name: str) -> None:
        self.home, self.data = home / name, home / name / "data"
        self._owner: dict[str, Any] = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            user = pwd.getpwnam("postgres")
            self._owner = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        self.home.mkdir(parents=True)
        if self._owner:
            for folder in (home, self.home):
                os.chown(folder, self._owner["user"], self._owner["group"])

    @property
    def url(self) -> str:
        return URL.format(self.home)

    def run(self, tool: str, *arguments: object) -> None:
        """One of PostgreSQL's own tools. Raises CalledProcessError."""
        subprocess.run([binaries() / tool, *map(str, arguments)], check=True, cwd=self.home,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **self._owner)

    def make(self) -> None:
        self.run("initdb", "-D", self.data, "-U", "station", "-A", "trust", "-E", "UTF8",
                 "--locale=C")

    def follow(self, other: Server) -> None:
        """Become the standby of a running server."""
        self.run("pg_basebackup", "-D", self.data, "-R", "-h", other.home, "-U", "station",
                 "-c", "fast")

    def start(self) -> None:
        options = f"-k {self.home} -c listen_addresses= -c max_connections=50"
        self.run("pg_ctl", "-D", self.data, "-w", "-s", "-t", "60", "-l", self.home / "log",
                 "-o", options, "start")

    def crash(self) -> None:
        self.run("pg_ctl", "-D", self.data, "-w", "-s", "-m", "immediate", "stop")

    def promote(self) -> None:
        self.run("pg_ctl", "-D", self.data, "-w", "-s", "promote")

    def wait_for_standby(self) -> None:
        """Answers wait for the standby from here on."""
        self.ask("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self.ask("SELECT pg_reload_conf()")
        end = time.monotonic() + 60
        while self.ask("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") != 1:
            must(time.monotonic() < end, "the standby never caught up")
            time.sleep(0.1)

    def ask(self, statement: str) -> Any:
        """Run one statement outside any transaction; the first value it gives."""
        import psycopg  # noqa: PLC0415 - outside any transaction of the station

        with psycopg.connect(host=str(self.home), user="station", dbname="postgres",
                             autocommit=True) as connection:
            cursor = connection.execute(statement)  # type: ignore[call-overload]
            row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def binaries() -> Path:
    """The folder of the newest PostgreSQL that is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"),
                   key=lambda path: float(path.parent.parent.name))
    path = found[-1] if found else shutil.which("initdb")
    must(path, "no PostgreSQL is installed (Debian: apt-get install postgresql)")
    return Path(str(path)).resolve().parent


def order_of(order_no: str) -> PaidOrder:
    line = OrderLine("1", SHIRT, "衣", "", "", "", 1)
    return PaidOrder("taobao", order_no, order_no, NOW, HOME, (line,))


def tell(db: Database, order_no: str) -> str:
    """Tell one paid order; its number, once it is durable."""
    taken = db.write(lambda s: intake.take_orders(
        s, [order_of(order_no)], RULES, source="x", now=NOW))[0]
    return taken.waybill_no or ""


class Load:
    """Threads that tell orders until the server is gone; what was answered, what is in doubt."""

    def __init__(self, url: str, keys_url: str, life: int) -> None:
        self._db, self._life = Database(url, keys=keys_of(keys_url)), life
        self.answered: dict[str, str] = {}
        self.doubtful: list[str] = []
        self._threads = [threading.Thread(target=self._run, args=(n,)) for n in range(THREADS)]

    def _run(self, place: int) -> None:
        for turn in range(100_000):
            order_no = f"{self._life:04d}{place:02d}{turn:06d}"
            try:
                self.answered[order_no] = tell(self._db, order_no)
            except SQLAlchemyError:
                self.doubtful.append(order_no)
                return

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        for thread in self._threads:
            thread.join()
        self._db.close()


def check(url: str, keys_url: str, answered: dict[str, str], doubtful: list[str]) -> None:
    """What was answered is there; what is told again is there once. Raises Violation."""
    db = Database(url, keys=keys_of(keys_url))
    try:
        stored = dict(db.read(lambda s: s.execute(text(
            "SELECT o.order_no, p.waybill_no FROM shop_order o"
            " JOIN parcel p ON p.id = o.parcel_id")).all()))
        for order_no, number in answered.items():
            must(stored.get(order_no) == number, f"order {order_no} was answered and is lost")
        for order_no in doubtful:
            number = tell(db, order_no)
            must(order_no not in stored or stored[order_no] == number, f"{order_no} twice")
        db.read(_whole)
    finally:
        db.close()


def _whole(session: Any) -> None:
    parcels = session.scalar(text("SELECT count(*) FROM parcel"))
    orders = session.scalar(text("SELECT count(*) FROM shop_order"))
    must(parcels == orders, f"{orders} orders, {parcels} parcels")
    ledger = numbers.ledger(session)["STO"]
    must(ledger["taken"] + ledger["printed"] == parcels, "numbers taken twice or never")
    whole_history(session)


def crashes(many: int, seed: int) -> Counter[str]:
    """Kill the server so often under load and start it again."""
    chance, seen = random.Random(seed), Counter[str]()
    with tempfile.TemporaryDirectory(prefix="station-crash-") as folder:
        server = Server(Path(folder), "one")
        server.make()
        server.start()
        try:
            furnish(server.url)
            for life in range(many):
                _crash(server, server, life, chance, seen)
        finally:
            server.crash()
    return seen


def failover(seed: int) -> Counter[str]:
    """Kill a server under load and go on with its synchronous standby."""
    chance, seen = random.Random(seed), Counter[str]()
    with tempfile.TemporaryDirectory(prefix="station-crash-") as folder:
        first, second = Server(Path(folder), "one"), Server(Path(folder), "two")
        first.make()
        first.start()
        furnish(first.url)
        second.follow(first)
        second.start()
        try:
            first.wait_for_standby()
            _crash(first, second, 0, chance, seen)
        finally:
            second.crash()
    return seen


def _crash(server: Server, heir: Server, life: int, chance: random.Random,
           seen: Counter[str]) -> None:
    load = Load(server.url, server.url, life)
    load.start()
    time.sleep(chance.uniform(0.3, 1.5))
    server.crash()
    load.end()
    began = time.monotonic()
    if heir is server:
        server.start()
    else:
        heir.promote()
    seen["writable again after ms"] = round((time.monotonic() - began) * 1000)
    check(heir.url, server.url, load.answered, load.doubtful)
    seen["crashes"] += 1
    seen["answered"] += len(load.answered)
    seen["in doubt"] += len(load.doubtful)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--crashes", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--failover", action="store_true", help="one crash, to a standby")
    options = parser.parse_args()
    begin = time.monotonic()
    try:
        seen = failover(options.seed) if options.failover else crashes(
            options.crashes, options.seed)
    except Violation as broken:
        print(broken)
        return 1
    print(f"{seen['crashes']} crashes, {seen['answered']} orders answered, 0 lost;"
          f" {seen['in doubt']} in doubt, each in once when told again; writable after"
          f" {seen['writable again after ms']} ms; {time.monotonic() - begin:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
