"""The only place where configuration, database, devices and services meet: ``build(config)``."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy.orm import Session

from drivers.interfaces import DeviceEvent, Printer, Scan
from drivers.printer import build_printer
from drivers.worker import DeviceWorker
from station import config as configuration
from station.archive_jobs import ArchiveLoop
from station.bench import Bench, BenchSettings
from station.bench.core import Witness as Witnessing
from station.bench.core import unseen
from station.bill_jobs import BillLoop
from station.carriers import add_further, example_tariffs, reach_table
from station.db.keys import Keyring
from station.db.session import Database
from station.devices import DeviceDesk, Finder, Lessons
from station.domain.cases import ClaimTerms
from station.domain.labels import Sender
from station.domain.scale_checks import CheckRules
from station.domain.screen import BenchView, LessonView
from station.domain.tariff_table import load_tariffs
from station.domain.tariffs import Tariff
from station.domain.vocabulary import CarrierCode
from station.head_jobs import HeadLoop
from station.jobs import (
    BackupLoop,
    ClockLoop,
    FolderLoop,
    Loop,
    OutboxLoop,
)
from station.paper.fonts import Fonts
from station.paper.sheet import LabelSize
from station.paper.slip_text import Roll
from station.picture_jobs import PictureLoop, Studio
from station.print_jobs import PrinterPlace, PrintLoop
from station.services import bills, door, pictures
from station.services.backups import Plan
from station.services.billing import Asked
from station.services.live import Hub
from station.services.numbers import ARRIVED
from station.services.rules import Rules
from station.services.stock import FREED
from station.witness import Expectation, Sight, Witness

if TYPE_CHECKING:
    from drivers.camera import CameraWorker

P = ParamSpec("P")
R = TypeVar("R")

Clock = Callable[[], datetime]

SLIP_LANGUAGE = "escpos"
"""What every slip printer speaks."""


def utc_now() -> datetime:
    """The computer's clock, aware."""
    return datetime.now(UTC)


@dataclass
class Station:
    """Everything that runs: made by ``build``, started and stopped as a whole."""

    config: configuration.Config
    rules: Rules
    db: Database
    hub: Hub
    now: Clock
    benches: dict[str, Bench] = field(default_factory=dict)
    workers: list[DeviceWorker] = field(default_factory=list)
    """Owner threads that have no place at the desk."""
    _lessons: Lessons = field(init=False)
    cameras: dict[str, CameraWorker] = field(default_factory=dict)
    """The cameras by their bench."""
    desk: DeviceDesk = field(init=False)
    finder: Finder = field(init=False)
    loops: dict[str, list[Loop]] = field(default_factory=dict)
    """The loops by the notice that wakes them."""
    witnesses: dict[str, Witnessing] = field(default_factory=dict)
    """Who takes pictures, by the bench; a bench without a camera has nobody."""

    def __post_init__(self) -> None:
        """Set up the devices' desk, still empty."""
        self.desk = DeviceDesk(self.config.data_dir, now=self.now)
        self.finder = Finder(self.desk, tell=lambda: self.hub.tell(("devices",)))
        self._lessons = Lessons(self.desk, tell=lambda: self.hub.tell(("devices",)))

    def read(
        self, look: Callable[Concatenate[Session, P], R], *args: P.args, **facts: P.kwargs
    ) -> R:
        """Run ``look(session, …)`` on a consistent view of the database."""
        return self.db.read(lambda session: look(session, *args, **facts))

    def write(self, step: Callable[..., R], *args: object, **facts: object) -> R:
        """Run ``step(session, …, now=…)`` in one transaction, durable when this returns."""
        return self.db.write(partial(_stepped, step=step, args=args, facts=facts, now=self.now()))

    def snapshot(self, bench: str) -> bytes | None:
        """What the bench's camera sees now, as JPEG; None without a camera or a fresh picture."""
        camera = self.cameras.get(bench)
        picture = camera.photograph() if camera is not None else None
        return picture.jpeg if picture is not None else None

    def teach(self, scanner: str) -> bool:
        """Let a scanner's next three scans be a lesson; False if there is no such scanner."""
        return self._lessons.teach(scanner)

    def lessons(self) -> dict[str, LessonView]:
        """How far each scanner's lesson is, by the scanner's name."""
        return self._lessons.views()

    def start(self) -> None:
        """Start benches, devices and loops."""
        for bench in self.benches.values():
            bench.start()
        self.desk.start()
        for worker in self.workers:
            worker.start()
        for loop in self._all_loops():
            loop.start()

    def stop(self) -> None:
        """Stop everything in the opposite order and close the database."""
        for loop in self._all_loops():
            loop.stop()
        self.finder.stop()
        self.desk.stop()
        for worker in self.workers:
            worker.stop()
        for bench in self.benches.values():
            bench.stop()
        self.db.close()

    def _all_loops(self) -> list[Loop]:
        return list(dict.fromkeys(loop for loops in self.loops.values() for loop in loops))

    def told(self, topics: Iterable[str]) -> None:
        """After a commit: tell the screens, and wake the loops whose work was written."""
        wanted = list(topics)
        self.hub.tell(wanted)
        for topic in dict.fromkeys(wanted):
            for loop in self.loops.get(topic, ()):
                loop.wake()


def _stepped(
    session: Session, *, step: Callable[..., R], args: tuple[object, ...],
    facts: dict[str, object], now: datetime,
) -> R:
    return step(session, *args, now=now, **facts)


def build(config: configuration.Config, *, now: Clock = utc_now) -> Station:
    """Put a station together, not yet started. The database must be at its newest version."""
    rules = rules_of(config)
    hub = Hub()
    db = Database(config.database_url, keys=Keyring(config.key_file))
    station = Station(config, rules, db, hub, now)
    db.on_commit = station.told
    fonts = Fonts.find(config.font_files)
    for settings in config.benches:
        _build_bench(station, settings, fonts)
    _build_loops(station, fonts)
    return station


def rules_of(config: configuration.Config) -> Rules:
    """The services' settings out of station.toml, with the carriers that it adds to the four."""
    add_further(config.carriers.other)
    sender = config.paper.sender
    return Rules(
        sender=Sender(sender.name, sender.phone, sender.address, sender.company),
        shop=config.station.shop,
        default_carrier=CarrierCode(config.carriers.default),
        reach=reach_table(
            {code: config.carriers.of(code).unreachable for code in CarrierCode}
        ),
        tariffs=_tariffs(config),
        merge_window=timedelta(hours=config.orders.merge_window_hours),
        low_pool=config.orders.low_pool,
        ship_call_at=config.orders.ship_call_at,
        platform_url=config.orders.platform_url,
        mask=config.paper.mask,
        waist_tolerance_mm=config.packing.waist_tolerance_mm,
        weight_tolerance_g=config.weighing.tolerance_g,
        weight_tolerance_percent=config.weighing.tolerance_percent,
        scale_error_g=config.weighing.scale_error_g,
        scale_checks=CheckRules(
            config.weighing.check_weights_g, config.weighing.check_tolerance_g,
            config.weighing.check_required,
        ),
        handover_tolerance_g=config.handover.tolerance_g,
        handover_tolerance_percent=config.handover.tolerance_percent,
        claim_terms={str(code): _claim_terms(config, code) for code in CarrierCode},
    )


def _claim_terms(config: configuration.Config, code: CarrierCode) -> ClaimTerms:
    carrier = config.carriers.of(code)
    return ClaimTerms(carrier.answer_days, carrier.lost_days)


def _tariffs(config: configuration.Config) -> tuple[Tariff, ...]:
    if not config.tariffs.file:
        return example_tariffs()
    text = config.resolve(config.tariffs.file).read_text(encoding="utf-8-sig")
    return load_tariffs(tomllib.loads(text))


def _build_bench(station: Station, settings: configuration.Bench, fonts: Fonts) -> None:
    config = station.config
    camera = _camera(station, settings)
    bench = Bench(
        settings.name, station.db, station.hub, station.rules,
        BenchSettings.of(config, settings), clock=station.now, monotonic=time.monotonic,
        witness=_witness(station, settings, camera),
    )
    station.benches[settings.name] = bench
    _take_in(station, settings, bench)
    for place in _printers(station, settings):
        loop = PrintLoop(
            place, station.db, fonts, station.rules, now=station.now, emit=bench.post
        )
        station.loops.setdefault("print_jobs", []).append(loop)


def _printers(station: Station, settings: configuration.Bench) -> Iterator[PrinterPlace]:
    """The bench's label printer and its slip printer, as far as it has them."""
    benches, size = station.config.benches, LabelSize(settings.size)
    label, slips = settings.printer, settings.slip_printer
    if label is not None:
        name = f"{settings.name}-printer"
        yield PrinterPlace(
            settings.name,
            _printer(station.desk, name, label.port, label.language, label.settings()),
            label.port, size,
            also=tuple(other.name for other in benches if other.printer is None),
            draws_slips=all(other.slip_printer is None for other in benches),
        )
    if slips is not None:
        name = f"{settings.name}-slips"
        yield PrinterPlace(
            settings.name,
            _printer(station.desk, name, slips.port, SLIP_LANGUAGE, slips.settings()),
            slips.port, size,
            also=tuple(other.name for other in benches if other.slip_printer is None),
            roll=Roll(slips.head_dots, slips.characters),
        )


def _camera(station: Station, settings: configuration.Bench) -> CameraWorker | None:
    """The bench's camera, not opened yet; it tells the bench what it sees."""
    camera = settings.camera
    if camera is None:
        return None
    from drivers.camera import camera_worker  # noqa: PLC0415 - a station without one loads nothing

    with_items = camera.codes == "all"
    sight = Sight(lambda: station.benches[settings.name], with_items=with_items)
    name = f"{settings.name}-camera"
    said = {**camera.settings(), "reads": camera.role != "witness"}
    recorder, told = station.desk.add_camera(name, camera.port, said, sight)
    worker = camera_worker(name, camera.port, emit=told, settings=said, recorder=recorder)
    worker.expect(Expectation(station.db, with_items=with_items))
    station.workers.append(worker)
    station.cameras[settings.name] = worker
    return worker


def _witness(
    station: Station, settings: configuration.Bench, camera: CameraWorker | None
) -> Witnessing:
    """What takes a bench's pictures, if its camera is there to take any."""
    if camera is None or settings.camera is None or settings.camera.role == "scanner":
        return unseen

    def view() -> BenchView:  # the bench is built after its witness
        return station.benches[settings.name].view()

    witness = Witness(camera, station.db, bench=settings.name, now=station.now, view=view)
    station.loops.setdefault("photographs", []).append(witness)
    station.witnesses[settings.name] = witness.see
    return witness.see


def _at_the_door(station: Station, bench: Bench, event: DeviceEvent) -> None:
    """What a scanner at the courier's door says: scans go to the hand-over, the rest to a bench."""
    if isinstance(event, Scan):
        station.write(door.scan_at_door, event.data, rules=station.rules)
    else:
        bench.post(event)


def _take_in(station: Station, settings: configuration.Bench, bench: Bench) -> None:
    """Give the bench's scale and scanners to the desk, and the bench a way to its scale."""
    if settings.scale is not None:
        name = f"{settings.name}-scale"
        station.desk.add_scale(name, settings.scale, bench.post)
        bench.tell_scale_by(partial(station.desk.tell, name))
    bench.beep_by(station.desk.beep)
    for scanner in settings.scanners:
        emit = bench.post
        if scanner.role == "handover":
            emit = partial(_at_the_door, station, bench)
        station.desk.add_scanner(f"{settings.name}-{scanner.name}", scanner, emit)


def _printer(
    desk: DeviceDesk, name: str, port: str, language: str, settings: dict[str, Any]
) -> Printer:
    """A printer with its place at the desk, not opened yet."""
    recorder = desk.add_printer(name, language, port, settings)
    return build_printer(name, port, language, settings, recorder=recorder)


def _build_loops(station: Station, fonts: Fonts) -> None:
    """The loops beside the printers: platform calls, drop folder, copies, and what time brings."""
    config, rules, now = station.config, station.rules, station.now
    if config.backup.every_hours:
        plan = Plan(config.backup_dir, timedelta(hours=config.backup.every_hours),
                    config.backup.keep)
        station.loops["backup"] = [BackupLoop(station.db, plan, now=now)]
    clock = ClockLoop(
        station.db, rules, now=now, keep_photographs=timedelta(days=config.photographs.keep_days),
    )
    for topic in (FREED, ARRIVED):
        station.loops.setdefault(topic, []).append(clock)
    station.loops.setdefault("handovers", []).append(
        HeadLoop(station.db, config.heads_file, now=now)
    )
    station.loops[bills.TOPIC] = [BillLoop(
        station.db, config.data_dir / "bills",
        lambda: Asked(rules.tariffs, scale_error_g=max(20, rules.scale_error_g)), now=now,
    )]
    station.loops["archive"] = [ArchiveLoop(
        station.db, config.archive_dir, shop=config.station.shop,
        after_days=config.archive.after_days, now=now,
    )]
    studio = Studio(config.pictures_dir, config.second_pictures_dir,
                    config.pictures.watermark or config.station.shop, fonts)
    station.loops[pictures.TOPIC] = [PictureLoop(station.db, studio, now=now)]
    if config.orders.platform_url:
        station.loops["outbox"] = [OutboxLoop(station.db, config.orders.platform_url, now=now)]
    if config.orders.drop_folder:
        folder = config.resolve(config.orders.drop_folder)
        station.loops["drop_folder"] = [FolderLoop(
            station.db, folder, rules, now=now,
            keep=timedelta(days=config.privacy.keep_files_days),
        )]
