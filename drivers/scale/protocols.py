"""Every scale protocol by its name in the configuration: its usual line, its question, its decoder.

One entry is all that the rest of the station knows of a make. Adding a protocol is a decoder in
this folder, an entry here, golden frames and a line on its page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from drivers.scale import (
    adam,
    captured,
    cas,
    chinese,
    kern,
    mt_sics,
    nci,
    ohaus,
    radwag,
    sartorius,
    shop_scales,
    sma,
    toledo8217,
    yaohua,
)
from drivers.scale.aandd import AandDDecoder
from drivers.scale.fields import FieldDecoder
from drivers.scale.hid_pos import HiddevDecoder, HidPosDecoder
from drivers.scale.rinstrum import RinstrumDecoder
from drivers.scale.shinko import ShinkoDecoder
from drivers.scale.st_gs import StGsDecoder
from drivers.scale.stream import CountingDecoder
from drivers.scale.toledo8217 import Toledo8217Decoder
from drivers.scale.toledo_continuous import ToledoContinuousDecoder
from drivers.scale.yaohua import YaohuaCommandDecoder, YaohuaContinuousDecoder
from drivers.scale.yaohua_a12 import YaohuaWgDecoder, YaohuaWwDecoder
from drivers.scale.yaohua_equals import YaohuaEqualsDecoder

Settings = Mapping[str, Any]

SEVEN_EVEN = {"bytesize": 7, "parity": "E"}
NO_OPTIONS: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ScaleProtocol:
    """A scale protocol: what it is called, its usual line, how to ask, how to decode.

    ``reply`` is what the scale says when it wants to be asked further, and the answer to that.
    ``has_check`` tells that a frame carries a checksum, or parity, over its weight. ``twin`` names
    a protocol that reads the same bytes as another weight. ``is_serial`` is False for USB reports.
    """

    words: str
    build: Callable[[Settings], CountingDecoder]
    line: Mapping[str, Any] = field(default_factory=dict)
    ask: Callable[[Settings], bytes] | None = None
    options: frozenset[str] = frozenset({"unit"})
    reply: tuple[bytes, bytes] | None = None
    has_check: bool = False
    twin: str | None = None
    is_serial: bool = True


def _bare(
    words: str, build: Callable[[], CountingDecoder], line: Mapping[str, Any] | None = None, *,
    ask: bytes | None = None, reply: tuple[bytes, bytes] | None = None, has_check: bool = False,
    is_serial: bool = True,
) -> ScaleProtocol:
    """Return a protocol whose frames say all: there is nothing to set."""
    return ScaleProtocol(
        words, lambda _: build(), line or {}, None if ask is None else (lambda _: ask),
        NO_OPTIONS, reply, has_check, is_serial=is_serial)


_YAOHUA: Mapping[str, ScaleProtocol] = {
    "yaohua-continuous": ScaleProtocol(
        "Yaohua 耀华 XK3190 continuous, tF=0, with XOR check",
        lambda its: YaohuaContinuousDecoder(unit=its.get("unit")), has_check=True,
    ),
    "yaohua-command": ScaleProtocol(
        "Yaohua 耀华 XK3190 command mode, tF=1, asked for gross",
        lambda its: YaohuaCommandDecoder(unit=its.get("unit")), {},
        lambda its: yaohua.command(its.get("address", "A"), "B"), frozenset({"unit", "address"}),
        has_check=True,
    ),
    "yaohua-equals": ScaleProtocol(
        "Yaohua 耀华 =0003.000, high digit first (confirm with a known load)",
        lambda its: YaohuaEqualsDecoder(low_digit_first=False, unit=its.get("unit")),
        twin="yaohua-equals-reversed",
    ),
    "yaohua-equals-reversed": ScaleProtocol(
        "Yaohua 耀华 =000.3000, low digit first (confirm with a known load)",
        lambda its: YaohuaEqualsDecoder(low_digit_first=True, unit=its.get("unit")),
        twin="yaohua-equals",
    ),
    "yaohua-a12-ww": _bare("Yaohua 耀华 A12 ww000.000kg", YaohuaWwDecoder),
    "yaohua-a12-wg": _bare("Yaohua 耀华 A12 WG lines with check", YaohuaWgDecoder, has_check=True),
}

_CHINESE: Mapping[str, ScaleProtocol] = {
    "keli": _bare("Keli 柯力 XK3118T1, 0023.45(kg) lines", chinese.KeliDecoder),
    "keli-asked": _bare(
        "Keli 柯力 XK3118T1 mode 5, asked with A, GW:0023.45(kg)",
        chinese.KeliDecoder, ask=chinese.KELI_ASK),
    "shuangjie": ScaleProtocol(
        "Shuangjie 双杰 balances and parcel scales, 14 bytes",
        lambda its: chinese.ShuangjieDecoder(unit=its.get("unit")), {"baudrate": 600},
    ),
    "bcd-ff": ScaleProtocol(
        "FF, status, three BCD bytes low first (several Chinese makers)",
        lambda its: chinese.BcdDecoder(unit=its.get("unit")),
    ),
}

_TOLEDO: Mapping[str, ScaleProtocol] = {
    "toledo-8217": ScaleProtocol(
        "Mettler-Toledo 8217, asked with W (POS scales)",
        lambda its: Toledo8217Decoder(
            unit=its.get("unit"), parity_bit=its.get("parity_bit", True),
            decimals=its.get("decimals")),
        SEVEN_EVEN, lambda _: toledo8217.ASK, frozenset({"unit", "parity_bit", "decimals"}),
    ),
    "toledo-continuous": _bare(
        "Toledo 托利多 continuous with checksum (8530, 8142, IND445, Fairbanks, clones)",
        ToledoContinuousDecoder, SEVEN_EVEN, has_check=True),
    "toledo-continuous-plain": _bare(
        "Toledo 托利多 continuous without checksum",
        lambda: ToledoContinuousDecoder(with_checksum=False), SEVEN_EVEN),
    "toledo-p05": ScaleProtocol(
        "Toledo do Brasil P05, asked with ENQ",
        lambda its: shop_scales.ToledoP05Decoder(unit=its.get("unit")),
        ask=lambda _: shop_scales.P05_ASK,
    ),
    "mt-sics": ScaleProtocol(
        "Mettler-Toledo MT-SICS, asked with SI (also Kern KCP, Ohaus, Elicom, B-TEK)",
        lambda its: mt_sics.MtSicsDecoder(unit=its.get("unit")), ask=lambda _: mt_sics.ASK,
    ),
    "mettler-print": ScaleProtocol(
        "Mettler-Toledo MS balances, printed lines",
        lambda its: mt_sics.MettlerPrintDecoder(unit=its.get("unit")),
    ),
}

_ASKED: Mapping[str, ScaleProtocol] = {
    "nci-scp01": _bare(
        "NCI / Weigh-Tronix SCP-01, asked with W CR", nci.NciDecoder, SEVEN_EVEN, ask=nci.ASK),
    "nci-ecr": _bare(
        "NCI ECR variant (Ohaus Aviator, Adam MDW)", nci.NciDecoder, SEVEN_EVEN, ask=nci.ASK),
    "fedex": _bare(
        "FedEx answers, 000.00LB and status", nci.NciDecoder, SEVEN_EVEN, ask=nci.ASK),
    "ups-worldship": _bare(
        "UPS WorldShip answers, asked with CR", nci.UpsDecoder, {"bytesize": 7, "parity": "O",
        "stopbits": 2}, ask=nci.UPS_ASK),
    "sma": _bare("SMA level 1, asked with LF W CR", sma.SmaDecoder, ask=sma.ASK),
    "cas-ap1": _bare(
        "CAS AP-1, SW-II, Gram: ENQ, ACK, DC1", cas.CasAp1Decoder, ask=cas.ASK,
        reply=(cas.READY, cas.SEND), has_check=True),
    "dibal": ScaleProtocol(
        "Dibal G-310, asked with 98 price check",
        lambda its: shop_scales.DibalDecoder(unit=its.get("unit")),
        ask=lambda _: shop_scales.DIBAL_ASK, has_check=True,
    ),
    "elicom": ScaleProtocol(
        "Elicom S200 and EVL, asked with AA",
        lambda its: shop_scales.ElicomDecoder(unit=its.get("unit")),
        ask=lambda _: shop_scales.ELICOM_ASK,
    ),
    "adam-cpw": _bare("Adam CPWplus, asked with G", adam.AdamCpwDecoder, ask=adam.ASK),
    "kern": _bare("Kern FKB, KDE, PCB, DE, asked with w", kern.KernDecoder, ask=kern.ASK),
    "sartorius-sbi22": _bare(
        "Sartorius SBI, 22 characters, asked with ESC P", sartorius.SartoriusDecoder,
        {"parity": "O"}, ask=sartorius.ASK),
    "sartorius-sbi16": _bare(
        "Sartorius SBI, 16 characters, asked with ESC P",
        lambda: sartorius.SartoriusDecoder(identified=False), {"parity": "O"}, ask=sartorius.ASK),
    "radwag": _bare(
        "Radwag balances and scales, asked with SI", radwag.RadwagDecoder, ask=radwag.ASK),
    "sterling": _bare(
        "Sterling 7600, asked with W CR", captured.SterlingDecoder, ask=captured.STERLING_ASK),
}

_STREAMS: Mapping[str, ScaleProtocol] = {
    "st-gs": ScaleProtocol(
        "ST,GS,+000.876kg lines (Excell 英展, T-Scale 台衡, Bison, Dini Argeo …)",
        lambda its: StGsDecoder(unit=its.get("unit")),
    ),
    "and-standard": ScaleProtocol(
        "A&D standard lines, ST,+001234.5  g",
        lambda its: AandDDecoder(unit=its.get("unit")), {"baudrate": 2400, **SEVEN_EVEN},
    ),
    "and-csv": ScaleProtocol(
        "A&D CSV lines, ST,+0001.278, ct",
        lambda its: AandDDecoder(csv=True, unit=its.get("unit")),
        {"baudrate": 2400, **SEVEN_EVEN},
    ),
    "cas-22": _bare("CAS 22 bytes with lamps (CI-600D, NT-200, PDS)", cas.Cas22Decoder),
    "ohaus-defender": _bare("Ohaus Defender and kin, stream", ohaus.OhausDefenderDecoder),
    "ohaus-print": _bare("Ohaus older balances, printed lines", ohaus.OhausPrintDecoder),
    "adam-16": _bare("Adam Highland and kin, 16 characters", adam.AdamSixteenDecoder),
    "rinstrum": ScaleProtocol(
        "Rinstrum format 1, STX weight status ETX",
        lambda its: RinstrumDecoder(unit=its.get("unit")),
    ),
    "shinko": _bare(
        "Shinko Denshi and Vibra 新光, sign, weight, unit, judgement, S or U", ShinkoDecoder,
        {"baudrate": 1200, "stopbits": 2}),
    "dollar": ScaleProtocol(
        "$ and six digits (unnamed scales)",
        lambda its: captured.DollarDecoder(unit=its.get("unit")),
    ),
    "jik-ticket": _bare("JIK6CAB tickets, ^KJIK000 to ~P1", captured.TicketDecoder),
}

_USB: Mapping[str, ScaleProtocol] = {
    "hid-pos": _bare(
        "USB HID scales (Dymo, Stamps.com, Fairbanks, Mettler), port hid://", HidPosDecoder,
        is_serial=False),
    "hiddev": ScaleProtocol(
        "USB HID scales through /dev/usb/hiddev",
        lambda its: HiddevDecoder(unit=its.get("unit")), is_serial=False,
    ),
}

_WITH_COMMA = frozenset({
    "st-gs", "and-standard", "and-csv", "ohaus-defender", "ohaus-print", "adam-16", "adam-cpw",
    "rinstrum", "shuangjie", "mt-sics", "mettler-print", "kern", "sartorius-sbi22",
    "sartorius-sbi16", "radwag",
})
"""Protocols of makers who sell scales that write a decimal comma."""


def _with_comma(protocol: ScaleProtocol) -> ScaleProtocol:
    """Return the protocol with the setting that says what a comma among digits is."""
    def build(settings: Settings) -> CountingDecoder:
        decoder = cast(FieldDecoder, protocol.build(settings))  # as all of _WITH_COMMA
        decoder.decimal_comma = bool(settings.get("decimal_comma", False))
        return decoder

    return replace(protocol, build=build, options=protocol.options | {"decimal_comma"})


SCALES: Mapping[str, ScaleProtocol] = {
    name: _with_comma(protocol) if name in _WITH_COMMA else protocol
    for name, protocol in {
        **_STREAMS, **_YAOHUA, **_TOLEDO, **_CHINESE, **_ASKED, **_USB}.items()
}
"""The scale protocols by their names in the configuration."""
