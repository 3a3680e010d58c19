"""Damaged input at every door: webhooks, order exports, own lists, bills, barcodes, device bytes.

Good samples are cut, spliced, repeated, flipped and sprinkled with what breaks readers. Each input
must get its answer (a value, a list of faults, a refusal in words): a traceback, an answer that
takes longer than a second, or memory that grows is a finding, told with its seed and number.

    python campaigns/fuzz.py --inputs 300000 --seed 1 [--door webhook]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

from kill import SHIRT, furnish
from metal import BARCODES, HandBench
from oracles import Violation, must

from drivers.registry import SCALES
from drivers.scanner.framing import ScannerFraming
from station.bench import BenchSettings
from station.bills.statement import read_statement
from station.bills.trouble import StatementError
from station.db.session import Database
from station.domain.orders import PaidOrder, RefundNotice
from station.orders import goods, people_and_packaging, taobao
from station.orders import numbers as order_numbers
from station.orders.recognise import recognise
from station.orders.webhook import parse_paid, parse_refunded
from station.services import imports
from station.services.live import Hub
from station.services.rules import Rules

SHOWS = ("F2", "F16", "F18", "F20", "F22", "F28", "19", "20")

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
SLOW_S = 1.0
GROWTH = 96 * 2**20  # bytes a whole run may grow by: caches fill once

ORDER = json.dumps({
    "platform": "taobao", "order_no": "2450000000000001001", "buyer": "tb_lin",
    "paid_at": "2026-11-23T10:00:00+08:00",
    "consignee": {"name": "林小满", "phone": "13900000101", "province": "浙江省",
                  "city": "台州市", "district": "温岭市", "street": "试验路1号"},
    "lines": [{"line_no": "1", "sku": SHIRT, "title": "T恤", "item_no": "TS1103",
               "color": "白色", "size": "M", "quantity": 1, "price_fen": 9900}],
}, ensure_ascii=False).encode()
REFUND = json.dumps({
    "platform": "taobao", "order_no": "2450000000000001001", "kind": "refunded",
    "at": "2026-11-23T10:00:00+08:00",
}).encode()
EXPORT = (
    "订单编号,买家会员名,买家实际支付金额,订单状态,收货人姓名,收货地址 ,联系手机,"
    "订单付款时间,宝贝标题 ,"
    "宝贝总数量,订单备注\n\"=\"\"2450000000000001001\"\"\",tb,99.00,\"买家已付款,等待卖家发货\",林小满,"
    "浙江省 台州市 温岭市 试验路1号(317500),'13900000101,2026-11-23 10:00:00,T恤,1,\n"
).encode("gb18030")
LIST = ("商家编码,货号,颜色,尺码,条码,库位,重量(克),库存\n"
        "TS-W-M,TS1103,白色,M,6900000000017,A-01,160,9\n")
BILL = ("申通快递对账单 2026年11月\n日期,运单号,目的地,重量(kg),运费\n"
        "2026-11-03,773100000000001,浙江省,1.20,4.50\n2026-11-04,773100000000002,广东省,0.80,6.00\n合计,,,,10.50\n").encode()
CODES = [b"PBCMD-DONE", b"PBCMD-OK", b"PBMAT-BAG", b"PBWHY-TORN", b"PBID-0001", b"773100000000001",
         BARCODES[SHIRT].encode(), b"]C1010690000000001721", "快递".encode()]
SPICE = [b"\0", b"\r\n", b"\x1b@", b"\x1d", b"^XZ", b"'; DROP TABLE parcel;--", b"=cmd|' /C'!A0",
         b"<script>", b"../../etc/passwd", b"{", b"[" * 200, b'"', b"9" * 400, b"\xff\xfe",
         b"1e999", b"-0", b"NaN", b"null", "\u202e".encode(), b"\x02", b"\x03", b",", b";",
         b"\xed\xa0\x80"]


def damaged(chance: random.Random, sample: bytes) -> bytes:
    """The sample after a few accidents."""
    data = sample
    for _ in range(chance.choice((1, 1, 2, 4, 9))):
        at = chance.randrange(len(data) + 1)
        to = min(len(data), at + chance.choice((1, 1, 4, 30)))
        how = chance.randrange(6)
        if how == 0:
            data = data[:at] + data[to:]
        elif how == 1:
            data = data[:at] + chance.choice(SPICE) + data[at:]
        elif how == 2:
            data = data[:at] + data[at:to] * chance.choice((2, 50)) + data[to:]
        elif how == 3:
            data = data[:at] + chance.randbytes(to - at) + data[to:]
        elif how == 4:
            data = data[:at]
        else:
            data = data[at:] + data[:at]
    return data[:200_000]


Take = Callable[[bytes], object]
Door = tuple[list[bytes], Take]


def _webhook(data: bytes) -> object:
    paid, refunded = parse_paid(data), parse_refunded(data)
    must(isinstance(paid, PaidOrder) or paid, "a paid order without answer")
    must(isinstance(refunded, RefundNotice) or refunded, "a refund without answer")
    return paid


def _device(name: str) -> Take:
    def take(data: bytes) -> object:
        decoder = SCALES[name].build({})
        return [list(decoder.feed(data[start:start + 7])) for start in range(0, len(data), 7)]

    return take


def _scanner(data: bytes) -> object:
    framing = ScannerFraming()
    return [list(framing.feed(data[start:start + 5])) for start in range(0, len(data), 5)]


def _list(data: bytes) -> object:
    """A list as every kind that there is: the reading alone, without a database behind it."""
    name = "ExportOrderList.csv"
    readers = (goods.read_goods, order_numbers.read_numbers, people_and_packaging.read_staff,
               people_and_packaging.read_couriers, people_and_packaging.read_packaging)
    return [recognise(name, data), taobao.read_export([(name, data)]),
            *(read(name, data) for read in readers)]


@contextmanager
def quick_folder() -> Iterator[Path]:
    """A folder in memory where there is one, for temporary files too: a disk's syncs and folders
    take ten times as long as the reading that is looked at.
    """
    memory = Path("/dev/shm")  # noqa: S108 - files of a name of their own
    place = memory if os.access(memory, os.W_OK) else None
    before = tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix="fuzz-", dir=place) as name:
        tempfile.tempdir = name
        try:
            yield Path(name)
        finally:
            tempfile.tempdir = before


@contextmanager
def doors(folder: Path) -> Iterator[dict[str, Door]]:
    """Every door by its name: good samples, and what takes an input there."""
    furnish(f"sqlite:///{folder / 'station.db'}")
    db, rules = Database(f"sqlite:///{folder / 'station.db'}"), Rules(low_pool=0)
    seconds = iter(range(1000, 10**9, 2))
    bench = HandBench("1", db, Hub(), rules, BenchSettings(), clock=lambda: NOW,
                      monotonic=lambda: float(next(seconds)))
    bench.start()

    def scan(data: bytes) -> object:
        view = bench.scan(data.decode("utf-8", "replace"))
        said = view.verdict.message.code if view.verdict else ""
        must(said != "bench.trouble", "a barcode was trouble")
        return said

    def bill(data: bytes) -> object:
        path = folder / "bill.csv"
        path.write_bytes(data)
        try:
            return read_statement(path)
        except StatementError as refused:
            return str(refused)

    def files(data: bytes) -> object:
        return imports.take_files(db, [("ExportOrderList.csv", data)], rules, now=NOW).files

    scales = {f"scale {name}": ([b"ST,GS,+000.580kg\r\n", b"\x02-0   580     0\r", b"=00.0580"],
                                _device(name)) for name in SCALES if SCALES[name].is_serial}
    try:
        yield {
            "webhook": ([ORDER, REFUND], _webhook), "bill": ([BILL], bill),
            "file": ([EXPORT, LIST.encode()], files), "list": ([EXPORT, LIST.encode()], _list),
            "barcode": (CODES, scan),
            "scanner": ([code + b"\r\n" for code in CODES], _scanner), **scales,
        }
    finally:
        db.close()


def run(inputs: int, seed: int, only: str = "") -> Counter[str]:
    """So many damaged inputs over the doors; how many each took. Raises Violation."""
    seen: Counter[str] = Counter()
    with quick_folder() as folder, doors(folder) as all_doors:
        chosen = {door: what for door, what in all_doors.items() if only in door}
        # The doors with a database behind them are slow: each gets one input in a hundred.
        order = [door for door in chosen for _ in range(1 if door in ("file", "barcode") else 6)]
        process, before = psutil.Process(), 0
        for number in range(inputs):
            door = order[number % len(order)]
            _one(door, chosen[door], seed, number)
            seen[door.split()[0]] += 1
            if number == inputs // 4:
                before = process.memory_info().rss
        grown = process.memory_info().rss - before
        must(grown < GROWTH, f"memory grew by {grown >> 20} MB")
    return seen


def _one(door: str, what: Door, seed: int, number: int) -> None:
    samples, take = what
    chance = random.Random(f"{seed}:{number}")
    data = damaged(chance, chance.choice(samples))
    begin = time.process_time()
    try:
        take(data)
    except Exception as error:
        raise Violation(f"seed {seed}, input {number} at {door}: {type(error).__name__}: {error};"
                        f" {data[:120]!r}") from error
    took = time.process_time() - begin
    must(took < SLOW_S, f"seed {seed}, input {number} at {door} took {took:.1f} s")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--door", default="", help="only doors with this in their name")
    options = parser.parse_args()
    begin = time.monotonic()
    try:
        seen = run(options.inputs, options.seed, options.door)
    except Violation as broken:
        print(broken)
        return 1
    print("; ".join(f"{door} {many}" for door, many in sorted(seen.items())))
    print(f"{options.inputs} damaged inputs, 0 tracebacks, 0 hangs, no growth"
          f" in {time.monotonic() - begin:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
