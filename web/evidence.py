"""`station evidence`: the evidence sheet of a parcel or its case as a PDF, for the carrier (D8)."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from station import cli
from station.domain.sight import RevealWhy
from station.domain.vocabulary import Message
from station.paper.fonts import Fonts
from station.services import case_desk, evidence, reveals
from web import words


def chinese(code: str, facts: Mapping[str, Any]) -> str:
    """A code as a Chinese sentence."""
    return words.say(Message(code, dict(facts))).zh


@cache
def fonts_of(paths: tuple[Path, ...]) -> Fonts:
    """The fonts of this machine, those of the settings first; looked for once."""
    return Fonts.find(paths)


def _arguments(parser: argparse.ArgumentParser) -> None:
    cli.takes_config(parser)
    parser.add_argument("number", metavar="NO",
                        help="运单号、退回单号或订单号 · waybill, returning parcel or order number")
    parser.add_argument("--pdf", type=Path, required=True, metavar="FILE",
                        help="存到文件 · the file to write")
    parser.add_argument("--case", type=int, metavar="N",
                        help="售后编号；不写则用最近一个 · the case; the newest if left out")


def _evidence(options: argparse.Namespace) -> int:
    config = cli.settings_of(options)
    fonts = fonts_of(config.font_files)
    with cli.opened(config) as database:
        parcel_id, pdf = database.read(partial(
            _sheet, number=options.number, case_id=options.case, shop=config.station.shop,
            fonts=fonts))
        database.write(partial(
            reveals.note, parcel_id=parcel_id, why=RevealWhy.CLAIM, what="evidence",
            who="station", most=config.privacy.reveals_an_hour, now=datetime.now(UTC)))
    options.pdf.write_bytes(pdf)
    print(f"{options.pdf}: {len(pdf)} bytes")
    return cli.OK


def _sheet(
    session: Any, *, number: str, case_id: int | None, shop: str, fonts: Fonts
) -> tuple[int, bytes]:
    found = case_desk.find(session, number)
    if found is None:
        raise cli.Problem(f"没有 {number} / no parcel has the number {number}")
    mine = case_desk.case_ids(session, found.parcel_id)
    if case_id is not None and case_id not in mine:
        raise cli.Problem(f"售后 {case_id} 不是这个包裹的 / case {case_id} is of another parcel")
    chosen = case_id or found.case_id or (mine[-1] if mine else None)
    return found.parcel_id, evidence.evidence_pdf(
        session, found.parcel_id, chosen, shop=shop, say=chinese, fonts=fonts, clear=True)


COMMAND = cli.Command(
    "evidence", "证据单 PDF · the evidence sheet of a parcel and its case", _arguments, _evidence,
    "station evidence 7701234567890 --pdf evidence.pdf",
)
