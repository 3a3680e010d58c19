"""`/metrics` for Prometheus: numbers about the station, for programs on this computer only."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, Response, abort, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from station.services import gauges
from web import door, signin
from web.signin import open_to_all

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
@open_to_all
def page() -> Response:
    """The numbers as Prometheus reads them. Other computers are told that there is nothing."""
    if not signin.is_this_computer(request.remote_addr):
        abort(404)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Station(door.station()))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Station(Collector):
    """The station's numbers at the moment of asking."""

    def __init__(self, station: door.StationDoor) -> None:
        self._station = station

    def collect(self) -> Iterator[Metric]:
        """Look once, and tell everything."""
        station = self._station
        found: gauges.Gauges = station.read(gauges.measure, now=station.now())
        yield _by("print_jobs", "Print jobs that are not confirmed", "state", found.print_jobs)
        yield _one("print_wait_seconds", "How long the oldest waiting label waits",
                   found.print_wait_s)
        yield _by("outbox_calls", "Calls to the platform not made yet", "state", found.outbox)
        yield _one("outbox_wait_seconds", "How long the oldest call waits", found.outbox_wait_s)
        yield _by("parcels", "Parcels under way", "state", found.parcels)
        yield _one("alarms_open", "Alarms nobody has acknowledged", found.alarms)
        yield _one("history_rows", "Rows of the history", found.history_rows)
        yield _one("history_signed_heads", "Signed heads of the history", found.signed_heads)
        yield _one("database_bytes", "Size of the database", found.database_bytes)
        yield _devices(station)


def _one(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"packbench_{name}", words, value=value)


def _by(name: str, words: str, label: str, counts: object) -> Metric:
    metric = GaugeMetricFamily(f"packbench_{name}", words, labels=[label])
    for value, count in dict(counts).items():  # type: ignore[call-overload]
        metric.add_metric([value], count)
    return metric


def _devices(station: door.StationDoor) -> Metric:
    """How many devices of each kind are in each state."""
    metric = GaugeMetricFamily(
        "packbench_devices", "Devices by kind and state", labels=["kind", "state"])
    counts: dict[tuple[str, str], int] = {}
    for bench in station.benches.values():
        for each in bench.view().devices:
            key = (str(each.kind), str(each.state))
            counts[key] = counts.get(key, 0) + 1
    for (kind, state), count in sorted(counts.items()):
        metric.add_metric([kind, state], count)
    return metric
