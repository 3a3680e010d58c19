"""The few numbers a bench needs beside the shop's rules, taken from station.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from drivers.port import shown
from station import config as configuration
from station.domain.screen import DeviceView
from station.domain.weights import PanRules


@dataclass(frozen=True, slots=True)
class BenchSettings:
    """``scale`` is its device's name, "" where there is none; ``bounce_s`` seconds, 0 for
    never; after ``idle_s`` without a scan the packer is signed off.

    ``devices`` are those that the configuration names: each is on the screen before it is heard.
    ``roles`` says of a scanner, by its device's name, what it is for: "bench", "items", "waybills".
    """

    scale: str = ""
    pan: PanRules = field(default_factory=PanRules)
    bounce_s: float = 0.3
    idle_s: float = 900.0
    devices: tuple[DeviceView, ...] = ()
    roles: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls, config: configuration.Config, bench: configuration.Bench
    ) -> BenchSettings:
        """The settings of one configured bench."""
        pan = PanRules(
            settle_s=float(config.weighing.settle_s), max_age_s=float(config.weighing.max_age_s),
        )
        if bench.scale is not None:
            pan = PanRules(pan.settle_s, pan.max_age_s, bench.scale.division_g)
        return cls(
            scale=f"{bench.name}-scale" if bench.scale is not None else "",
            pan=pan, bounce_s=config.packing.bounce_ms / 1000,
            idle_s=config.web.idle_minutes * 60.0, devices=_devices(bench),
            roles={f"{bench.name}-{each.name}": each.role for each in bench.scanners},
        )


def _devices(bench: configuration.Bench) -> tuple[DeviceView, ...]:
    found = []
    if bench.scale is not None:
        found.append(_starting(f"{bench.name}-scale", "scale", bench.scale.port))
    found += [
        _starting(f"{bench.name}-{scanner.name}", "scanner", scanner.port)
        for scanner in bench.scanners
    ]
    if bench.printer is not None:
        found.append(_starting(f"{bench.name}-printer", "printer", bench.printer.port))
    if bench.slip_printer is not None:
        found.append(_starting(f"{bench.name}-slips", "slip_printer", bench.slip_printer.port))
    if bench.camera is not None:
        found.append(_starting(f"{bench.name}-camera", "camera", shown(bench.camera.port)))
    return tuple(found)


def _starting(name: str, kind: str, port: str) -> DeviceView:
    return DeviceView(name=name, kind=kind, state="starting", port=port)
