"""`/metrics`: numbers for programs on this computer, documented, and nothing personal in them."""

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.orm import Session

from station.db.models import Parcel
from web import health

DOCS = Path(__file__).parents[2] / "docs" / "metrics.md"


def told(app: Any, address: str = "127.0.0.1") -> Any:
    return app.test_client().get("/metrics", environ_base={"REMOTE_ADDR": address})


@pytest.fixture
def families(app: Any) -> dict[str, Any]:
    answer = told(app)
    assert answer.status_code == 200
    return {one.name: one for one in text_string_to_metric_families(answer.text)}


def test_every_metric_is_documented_and_no_other(families: dict[str, Any]):
    documented = set(re.findall(r"\| `(packbench_\w+)` \|", DOCS.read_text("utf-8")))
    assert set(families) == documented


def test_labels_are_lists_of_ours_only(families: dict[str, Any]):
    labels = {name for one in families.values() for sample in one.samples for name in sample.labels}
    assert labels == {"state", "kind", "mood", "status", "reason", "list", "le"}


def test_numbers_are_of_this_moment(families: dict[str, Any]):
    assert families["packbench_database_bytes"].samples[0].value > 0
    states = {sample.labels["state"] for sample in families["packbench_print_jobs"].samples}
    assert states == {"waiting", "sending", "sent", "in_doubt"}


@pytest.mark.fault("F27")
def test_nothing_personal_is_among_them(app: Any):
    assert not re.search(r"(?<![\d.])1[3-9]\d{9}(?!\d)|林|tb_", told(app).text)


@pytest.mark.parametrize("address", ["192.168.1.20", "10.0.0.7", "2001:db8::1"])
def test_other_computers_are_told_nothing(app: Any, address: str):
    answer = told(app, address)
    assert answer.status_code == 404
    assert "packbench_" not in answer.text


def numbers(app: Flask, name: str) -> dict[str, float]:
    """The samples with this name, by their one label."""
    families = text_string_to_metric_families(told(app).text)
    return {next(iter(sample.labels.values()), ""): sample.value
            for family in families for sample in family.samples if sample.name == name}


def test_answers_of_the_benches_are_counted_by_mood(open_shop: Any, app: Flask):
    before = numbers(app, "packbench_bench_answers_total")
    assert set(before) == {"good", "done", "info", "warn", "bad", "alarm"}
    open_shop.station.benches["1"].scan("PBID-7", source="touch")
    open_shop.station.benches["1"].scan("nothing of ours")
    open_shop.station.benches["2"].scan("nothing of ours")
    after = numbers(app, "packbench_bench_answers_total")
    assert after["good"] == before["good"] + 1
    assert after["bad"] == before["bad"] + 2


def test_each_write_is_timed_and_reading_is_not(open_shop: Any, app: Flask):
    def timed() -> float:
        return next(sample.value for family in open_shop.station.db.write_seconds.collect()
                    for sample in family.samples if sample.name.endswith("_count"))

    before = timed()
    open_shop.station.db.write(Session.flush)
    open_shop.station.db.read(Session.flush)
    with pytest.raises(TypeError):
        open_shop.station.db.write(Session.get)
    assert timed() == before + 2


def test_answers_to_other_machines_are_counted_by_status(open_shop: Any, app: Flask):
    assert numbers(app, "packbench_webhook_answers_total")["401"] == 0
    for path in ("/api/v1/orders/paid", "/api/v1/carriers/packageweight"):
        answer = app.test_client().post(path, json={"order_no": "1"})
        assert answer.status_code == 401
    assert numbers(app, "packbench_webhook_answers_total")["401"] == 2


def test_a_label_that_something_holds_is_not_waited_for(open_shop: Any, app: Flask):
    open_shop.pay("A1", "JN8801-黑色-32")
    open_shop.clock.later(minutes=10)
    assert numbers(app, "packbench_print_wait_seconds")[""] == 600
    open_shop.write(_hold_all)
    assert numbers(app, "packbench_print_wait_seconds")[""] == 0
    assert numbers(app, "packbench_queue")["held"] == 1


def _hold_all(session: Any, *, now: Any) -> None:
    for parcel in session.query(Parcel):
        parcel.held_since = now


def test_every_reason_is_told_as_one_or_nought_and_documented(open_shop: Any, app: Flask):
    assert numbers(app, "packbench_trouble") == dict.fromkeys(health.REASONS, 0)
    open_shop.pay("A1", "JN8801-黑色-32")
    open_shop.clock.later(minutes=16)
    assert numbers(app, "packbench_trouble") == {
        **dict.fromkeys(health.REASONS, 0), "print_late": 1}
    _, _, page = DOCS.read_text("utf-8").partition("## Health")
    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == list(health.REASONS)
