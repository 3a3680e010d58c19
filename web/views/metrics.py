"""`/metrics` for Prometheus: numbers about the station, for programs on this computer only."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterator

from flask import Blueprint, Flask, Response, abort, current_app, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from station.domain.screen import Mood
from station.services import gauges, screens
from web import door, health, signin
from web.signin import open_to_all

blueprint = Blueprint("metrics", __name__)

_WEBHOOKS = ("webhook.", "carrier_webhook.")
_ANSWERS = ("200", "400", "401", "409")

disable_created_metrics()  # type: ignore[no-untyped-call]  # a start's time beside every counter helps nobody


def install(app: Flask) -> None:
    """Count how the messages of other machines are answered."""
    counter = Counter("packbench_webhook_answers", "Answers to messages of other machines",
                      ["status"], registry=None)
    for status in _ANSWERS:
        counter.labels(status)
    app.extensions["webhook_answers"] = counter

    def count(response: Response) -> Response:
        if (request.endpoint or "").startswith(_WEBHOOKS):
            counter.labels(str(response.status_code)).inc()
        return response

    app.after_request(count)


@blueprint.get("/metrics")
@open_to_all
def page() -> Response:
    """The numbers as Prometheus reads them. Other computers are told that there is nothing."""
    if not signin.is_this_computer(request.remote_addr):
        abort(404)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Station(door.station(), current_app.extensions["webhook_answers"]))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Station(Collector):
    """The station's numbers at the moment of asking."""

    def __init__(self, station: door.StationDoor, webhook: Counter) -> None:
        self._station, self._webhook = station, webhook

    def collect(self) -> Iterator[Metric]:
        """Look once, and tell everything."""
        station = self._station
        found: gauges.Gauges = station.read(gauges.measure, now=station.now())
        yield _by("print_jobs", "Print jobs that are not confirmed", "state", found.print_jobs)
        yield _one("print_wait_seconds", "How long the oldest waiting label waits",
                   found.print_wait_s)
        yield _by("outbox_calls", "Calls to the platform not made yet", "state", found.outbox)
        yield _one("outbox_wait_seconds", "How long the oldest call waits", found.outbox_wait_s)
        yield _by("queue", "What the lists of work hold", "list",
                  station.read(screens.queue_counts, now=station.now()))
        yield _by("parcels", "Parcels under way", "state", found.parcels)
        yield _one("alarms_open", "Alarms nobody has acknowledged", found.alarms)
        yield _one("reveals_last_hour", "How often a buyer was shown in clear within the hour",
                   found.reveals)
        yield _one("history_rows", "Rows of the history", found.history_rows)
        yield _one("history_signed_heads", "Signed heads of the history", found.signed_heads)
        yield _one("database_bytes", "Size of the database", found.database_bytes)
        yield _one("disk_free_bytes", "Room left where the station writes",
                   health.free_bytes(station))
        yield _reasons(station)
        yield _devices(station)
        yield _answers(station)
        yield from station.db.write_seconds.collect()
        yield from self._webhook.collect()


def _one(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"packbench_{name}", words, value=value)


def _by(name: str, words: str, label: str, counts: object) -> Metric:
    metric = GaugeMetricFamily(f"packbench_{name}", words, labels=[label])
    for value, count in dict(counts).items():  # type: ignore[call-overload]
        metric.add_metric([value], count)
    return metric


def _reasons(station: door.StationDoor) -> Metric:
    """1 for each reason why the station is not wholly well, 0 for the others."""
    found = health.reasons(station)
    return _by("trouble", "Why the station is not wholly well", "reason",
               {code: int(code in found) for code in health.REASONS})


def _answers(station: door.StationDoor) -> Metric:
    """What the benches answered since the start, all together."""
    metric = CounterMetricFamily(
        "packbench_bench_answers", "Answers that the benches gave", labels=["mood"])
    counts = sum((Tally(bench.answered()) for bench in station.benches.values()), Tally())
    for mood in Mood:
        metric.add_metric([str(mood)], counts[str(mood)])
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
