"""找秤: look at the ports while the station runs, prove with a known weight, write and take it in.

A search runs in a thread of its own, one at a time; the pages ask how far it is. A port that one
of the station's own devices holds is borrowed from it for the search and given back after.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from drivers.hidraw_port import found_hid_scales
from drivers.interfaces import DeviceError
from drivers.port import found_ports
from drivers.scale.find import Outcome, Verdict
from drivers.scale.proof import Proven, prove
from drivers.scale.protocols import SCALES
from drivers.scale.search import DEFAULT, Found, Search, in_words, shown
from station import config as configuration
from station.config import ConfigError
from station.devices.desk import DeviceDesk, changed

PROOF_SECONDS = 3.0


class _GivenUpError(Exception):
    """The station stops: the search ends where it is."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One port of the search, as the page shows it.

    ``holder`` is the station's own device that has this port, "" for none; ``proven`` is what the
    known weight said, empty before it was put on.
    """

    port: str
    words: str
    holder: str = ""
    found: Found | None = None
    known_g: int = 0
    proven: tuple[Proven, ...] = ()
    trouble: str = ""

    @property
    def outcome(self) -> str:
        """The verdict as a word of the pages: waiting, found, ambiguous, unreadable, silent."""
        if self.found is None:
            return "waiting"
        if self.trouble or self.found.trouble:
            return "trouble"
        return str(self.found.verdict.outcome.value)

    @property
    def line(self) -> str:
        """Speed and parity as people write them."""
        return shown(self.found.line) if self.found else ""

    @property
    def candidates(self) -> tuple[str, ...]:
        """The protocols that may be right, and those that read the same bytes otherwise."""
        if self.found is None:
            return ()
        verdict = self.found.verdict
        names = [one.protocol for one in verdict.matches] + list(verdict.same)
        twins = [twin for name in names if (twin := SCALES[name].twin)]
        return tuple(dict.fromkeys([*names, *twins]))


class Finder:
    """The search of one station. Calls come from any thread."""

    def __init__(
        self, desk: DeviceDesk, *, tell: Callable[[], None] = lambda: None,
        search: Callable[..., Search] = Search,
        ports: Callable[[], list[tuple[str, str]]] | None = None,
    ) -> None:
        self._desk, self._tell, self._search = desk, tell, search
        self._ports = ports or _ports
        self._findings: tuple[Finding, ...] = ()
        self._progress = ""
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._lock = threading.Lock()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The ports of the last search, or of this computer if there was none."""
        return self._findings or tuple(self._listed())

    @property
    def progress(self) -> str:
        """What is being listened to now; "" when no search runs."""
        return self._progress

    def start(self, ports: Sequence[str]) -> bool:
        """Begin to look at these ports (all of the computer if empty); False while one runs."""
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                return False
            wanted = [one for one in self._listed(ports) if not ports or one.port in ports]
            self._findings, self._progress = tuple(wanted), "…"
            self._stopping.clear()
            self._thread = threading.Thread(target=self._run, name="find-scale", daemon=True)
            self._thread.start()
        return True

    def stop(self) -> None:
        """End the search and give back what was borrowed."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(10)

    def wait(self, seconds: float) -> bool:
        """Wait for the search to end; False if it still runs."""
        if self._thread is not None:
            self._thread.join(seconds)
            return not self._thread.is_alive()
        return True

    def _listed(self, more: Sequence[str] = ()) -> Iterator[Finding]:
        seen = self._ports()
        known = {port for port, _ in seen}
        owned = [(place.about.port, place.about.device) for place in self._desk.places.values()
                 if place.about.kind == "scale" and place.about.port not in known]
        seen = [*seen, *owned, *((port, "") for port in more if port not in known)]
        for port, words in dict(seen).items():
            holder = self._desk.owner_of(port)
            yield Finding(port, words, holder.about.device if holder else "")

    def _run(self) -> None:
        search = self._search(tell=self._hear)
        try:
            for number, finding in enumerate(self._findings):
                self._put(number, self._looked(search, finding))
        except _GivenUpError:
            pass
        finally:
            self._progress = ""
            self._tell()

    def _looked(self, search: Search, finding: Finding) -> Finding:
        with self._borrowed(finding.port) as has_it:
            if not has_it:
                found = Found(finding.port, Verdict(Outcome.SILENT), trouble="printer")
                return replace(finding, found=found)
            return replace(finding, found=search.look(finding.port))

    @contextmanager
    def _borrowed(self, port: str) -> Iterator[bool]:
        """Hold a port that one of our own devices may have; False if it cannot be lent."""
        place = self._desk.owner_of(port)
        if place is None:
            yield True
            return
        lent = self._desk.lend(place)
        try:
            yield lent
        finally:
            if lent:
                self._desk.take_back(place)

    def _hear(self, words: str) -> None:
        if self._stopping.is_set():
            raise _GivenUpError
        self._progress = words
        self._tell()

    def _put(self, number: int, finding: Finding) -> None:
        with self._lock:
            kept = list(self._findings)
            kept[number] = finding
            self._findings = tuple(kept)
        self._tell()

    # --- With a known weight --------------------------------------------------------------------

    def prove(self, number: int, known_g: int) -> Finding | None:
        """Read the known weight that lies on the scale now; None if there is no such finding."""
        finding = self._numbered(number)
        if finding is None or finding.found is None or not finding.candidates:
            return None
        search = self._search()
        try:
            with self._borrowed(finding.port):
                data = search.sample(finding.found, PROOF_SECONDS)
        except DeviceError as error:
            proven = replace(finding, known_g=known_g, proven=(), trouble=in_words(error))
        else:
            proven = replace(finding, known_g=known_g, trouble="", proven=prove(
                data, finding.candidates, known_g, is_answer=finding.found.asked is not None))
        self._put(number, proven)
        return proven

    def settings_of(self, number: int, protocol: str) -> configuration.Scale | None:
        """The scale to write down for a protocol that the known weight has proven; else None."""
        finding = self._numbered(number)
        if finding is None or finding.found is None:
            return None
        right = next((one for one in finding.proven
                      if one.agrees and one.protocol == protocol), None)
        if right is None:
            return None
        usual = SCALES[protocol].line
        line = {name: value for name, value in finding.found.line.items()
                if value != DEFAULT[name] or name in usual}
        return changed(None, protocol=protocol, port=finding.port, unit=right.unit, **line,
                       **right.point)

    def _numbered(self, number: int) -> Finding | None:
        return self._findings[number] if 0 <= number < len(self._findings) else None


def adopt(
    desk: DeviceDesk, config: configuration.Config, bench: str, scale: configuration.Scale
) -> bool:
    """Write the scale into station.toml and let the bench use it. True if it does already.

    False means that the station must be started anew for it: the bench had no scale. Raises
    ConfigError when the file cannot be changed; the old scale then goes on.
    """
    number = next((at for at, one in enumerate(config.benches) if one.name == bench), None)
    if number is None or config.path is None:
        raise ConfigError("bench", "没有这个工作台或设置文件", "no such bench, or no settings file")
    values = {name: value for name in configuration.SCALE_KEYS
              if (value := getattr(scale, name)) is not None}
    configuration.set_scale(Path(config.path), number, values)
    before = config.benches[number].scale
    if before is None:
        return False
    lasting = replace(before, **{name: getattr(scale, name) for name in configuration.SCALE_KEYS})
    return desk.replace_scale(f"{bench}-scale", lasting)


def _ports() -> list[tuple[str, str]]:
    serial = [(one.stable, one.words) for one in found_ports()]
    return serial + [(one.stable, one.words) for one in found_hid_scales()]
