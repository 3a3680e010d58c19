"""The station's settings: one `station.toml`, read once, checked whole, then never changed."""

from __future__ import annotations

from station.config.devices import Camera, Printer, Scale, Scanner, SerialLine, SlipPrinter
from station.config.pictures import Photographs, Pictures
from station.config.privacy import Log, Privacy
from station.config.reading import CONFIG_NAME, ConfigError, load, parse, read_toml
from station.config.settings import (
    Backup,
    Bench,
    Carriers,
    CarrierSettings,
    Config,
    Handover,
    Orders,
    OtherCarrier,
    Packing,
    Paper,
    Sender,
    Shop,
    Tariffs,
    Web,
    Webhook,
    Weighing,
)
from station.config.signing_secret import new_webhook_secret, webhook_secret, write_secret
from station.config.template import commented_template, setting_paths, settings_table
from station.config.writing import SCALE_KEYS, set_scale, with_scale

__all__ = [
    "CONFIG_NAME",
    "SCALE_KEYS",
    "Backup",
    "Bench",
    "Camera",
    "CarrierSettings",
    "Carriers",
    "Config",
    "ConfigError",
    "Handover",
    "Log",
    "Orders",
    "OtherCarrier",
    "Packing",
    "Paper",
    "Photographs",
    "Pictures",
    "Printer",
    "Privacy",
    "Scale",
    "Scanner",
    "Sender",
    "SerialLine",
    "Shop",
    "SlipPrinter",
    "Tariffs",
    "Web",
    "Webhook",
    "Weighing",
    "commented_template",
    "load",
    "new_webhook_secret",
    "parse",
    "read_toml",
    "set_scale",
    "setting_paths",
    "settings_table",
    "webhook_secret",
    "with_scale",
    "write_secret",
]
