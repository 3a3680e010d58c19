"""`/metrics`: numbers for programs on this computer, documented, and nothing personal in them."""

import re
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

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


def test_labels_are_states_and_kinds_only(families: dict[str, Any]):
    labels = {name for one in families.values() for sample in one.samples for name in sample.labels}
    assert labels == {"state", "kind"}


def test_numbers_are_of_this_moment(families: dict[str, Any]):
    assert families["packbench_database_bytes"].samples[0].value > 0
    states = {sample.labels["state"] for sample in families["packbench_print_jobs"].samples}
    assert states == {"waiting", "sending", "sent", "in_doubt"}


@pytest.mark.fault("F27")
def test_nothing_personal_is_among_them(app: Any):
    assert not re.search(r"1[3-9]\d{9}|林|tb_", told(app).text)


@pytest.mark.parametrize("address", ["192.168.1.20", "10.0.0.7", "2001:db8::1"])
def test_other_computers_are_told_nothing(app: Any, address: str):
    answer = told(app, address)
    assert answer.status_code == 404
    assert "packbench_" not in answer.text
