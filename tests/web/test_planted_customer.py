"""A customer is planted in orders; after a day of troubles he is found nowhere but sealed."""

from __future__ import annotations

import io
import logging
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook
from werkzeug.datastructures import MultiDict

from drivers.interfaces import DeviceState, Health
from station import log
from station.cli import doctor, support
from station.config import Config, Log
from station.db.models import Parcel
from station.services import imports, items, printing, screens

NAME, PHONE, STREET, BUYER = "张测试甲", "13912345678", "新华路88号9幢", "tb_canary"
CANARY = (NAME, PHONE, "新华路88", "9幢", BUYER)
ORDERS = (
    "订单编号,买家会员名,买家应付货款,买家实际支付金额,订单状态,收货人姓名,收货地址 ,联系手机,"
    "订单付款时间 ,宝贝标题 \n"
    f'="2450000000000000001",{BUYER},128.00,128.00,"买家已付款,等待卖家发货",{NAME},'
    f"浙江省 台州市 温岭市 {STREET}(317500),{PHONE},2026-11-20 10:00:00,直筒牛仔裤\n"
)
DETAILS = (
    "订单编号,标题,价格,购买数量,外部系统编号,商品属性,商家编码,订单状态\n"
    '="2450000000000000001",直筒牛仔裤,128.00,1,JN8801-黑色-32,颜色分类:黑色;尺码:32,'
    'JN8801-黑色-32,"买家已付款,等待卖家发货"\n'
)
BROKEN = f"订单编号,买家会员名,收货人姓名\nodd,{BUYER},{NAME} {PHONE} {STREET}\n"
PAID = {
    "platform": "taobao", "order_no": "2450000000000000002", "buyer": BUYER,
    "paid_at": "2026-11-23T09:30:00+08:00",
    "consignee": {"name": NAME, "phone": PHONE, "province": "浙江省", "city": "台州市",
                  "district": "温岭市", "street": STREET},
    "lines": [{"line_no": "1", "sku": "TS1103-白色-M", "quantity": 1, "price_fen": 5800}],
    "buyer_message": f"{NAME}收，放{STREET}门口",
}


def found_in(said: bytes) -> list[str]:
    """Which of his data stands in these bytes, as UTF-8 or as Chinese Windows writes it."""
    return [each for each in CANARY for encoding in ("utf-8", "gbk", "utf-16-le")
            if each.encode(encoding) in said]


@pytest.fixture
def logged(settings: Config) -> Iterator[io.StringIO]:
    """The log as a served station writes it, to the error stream and into its file."""
    root, before = logging.getLogger(), logging.getLogger().level
    stream = io.StringIO()
    handler = log.start(Log(level="debug", format="json"), stream)
    with log.kept(Log(level="debug"), settings.data_dir):
        yield stream
    root.removeHandler(handler)
    root.setLevel(before)
    logging.captureWarnings(capture=False)


def bring(browser: Any, *files: tuple[str, str]) -> Any:
    fields = MultiDict([("token", browser.token())])
    for name, text in files:
        fields.add("files", (io.BytesIO(text.encode("gb18030")), name))
    return browser.client.post("/import", data=fields, headers=browser.headers(),
                               content_type="multipart/form-data")


def tell(shop: Any, program: Any, body: str, event: str) -> Any:
    secret, at = shop.station.config.webhook.secret, shop.clock.now
    return program.post("/api/v1/orders/paid", data=body.encode(), headers={
        "webhook-id": event, "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(event, at, body),
    }, content_type="application/json")


def fail(*_: Any, **__: Any) -> None:
    raise ValueError(f"row {NAME} {PHONE} {STREET} {BUYER}")


def orders_come_in(shop: Any, browser: Any, program: Any) -> None:
    import json  # noqa: PLC0415 - one use

    taken = bring(browser, ("ExportOrderList.csv", ORDERS), ("ExportOrderDetailList.csv", DETAILS))
    assert taken.status_code == 200
    bring(browser, ("odd.csv", BROKEN))
    assert tell(shop, program, json.dumps(PAID, ensure_ascii=False), "evt_1").status_code == 200
    broken = json.dumps(PAID | {"lines": NAME}, ensure_ascii=False)
    assert tell(shop, program, broken, "evt_2").status_code == 400
    assert tell(shop, program, f"{NAME} {PHONE}", "evt_3").status_code == 400
    parcels = shop.read(lambda session: [parcel.name for parcel in session.query(Parcel)])
    assert parcels
    assert set(parcels) == {NAME}


def labels_fail(shop: Any) -> None:
    due = shop.read(printing.next_due, bench="1")
    png = b"\x89PNG\r\n\x1a\n"
    shop.write(printing.start_sending, due, printer="p1", sha256="0" * 64, pages=[png])
    shop.write(printing.not_sent, due.job_id, trouble="paper_out")
    shop.station.benches["1"].post(Health("1-p", "printer", DeviceState.ATTENTION, "paper_out"))


def packed_with_mistakes(shop: Any, program: Any, patch: pytest.MonkeyPatch) -> None:
    number = shop.print_next()

    def scan(code: str) -> Any:
        return program.post("/api/v1/bench/1/scan", json={"code": code}).json

    scan("PBID-7")
    assert scan(number)["step"] == "items"
    assert scan("JN8801-黑色-33")["locked"] is True
    scan("PBCMD-OK")
    assert scan(PHONE)["verdict"]["mood"] == "bad"
    scan("PBCMD-OK")
    with patch.context() as broken:
        broken.setattr(items, "scan_item", fail)
        assert scan("JN8801-黑色-32")["verdict"]["message"]["code"] == "bench.trouble"


def pages_fail(browser: Any, patch: pytest.MonkeyPatch) -> bytes:
    with patch.context() as broken:
        broken.setattr(screens, "order_queue", fail)
        broken.setattr(imports, "take_files", fail)
        answers = [browser.get("/orders"), bring(browser, ("ExportOrderList.csv", ORDERS))]
    assert [answer.status_code for answer in answers] == [500, 500]
    return b"".join(answer.data for answer in answers)


def help_asked_for(config: Config, to: Path, now: Any) -> bytes:
    texts = dict(support.bundle(config, now=now))
    with zipfile.ZipFile(to, "w") as made:
        for name, text in texts.items():
            made.writestr(name, text)
    assert "parcel" in texts["database.json"]
    return "".join(texts.values()).encode()


@pytest.mark.fault("F27")
def test_a_planted_customer_is_found_nowhere_but_sealed(
    open_shop: Any, app: Any, browser: Any, program: Any, settings: Config, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, logged: io.StringIO,
):
    orders_come_in(open_shop, browser, program)
    labels_fail(open_shop)
    packed_with_mistakes(open_shop, program, monkeypatch)
    said = {"failing pages": pages_fail(browser, monkeypatch)}
    for path in ("/metrics", "/api/v1/health", "/api/openapi.json", "/devices"):
        said[path] = program.get(path).data
    said["doctor"] = "\n".join(map(str, doctor.examine(
        Config(base_dir=settings.base_dir, station=settings.station)))).encode()
    plain = Config(base_dir=settings.base_dir, station=settings.station)
    said["bundle"] = help_asked_for(plain, tmp_path / "help.zip", open_shop.clock.now)
    said["log"] = logged.getvalue().encode()
    assert b"ValueError" in said["log"], "what went wrong is there to be found"
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {"station.db", "station.db-wal", log.FILE_NAME} <= {path.name for path in files}
    said |= {path.name: path.read_bytes() for path in files}
    assert {name: found for name, data in said.items() if (found := found_in(data))} == {}
