"""证据单 (D8): everything that the station knows of a parcel and its case, as one PDF.

Trade, content as it was scanned, weights with the scale's own bytes, signatures, the hand-over with
the courier's figures, the label, photographs, what came back, the claim, and the hash chains with
their rows attached, so that others can check them. The consignee is named as the carrier's paper
names him: the first character, the phone's ends and the city; his street is nobody's business here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from station.carriers import CARRIERS
from station.db.models import (
    Case,
    HandoverLine,
    History,
    PageImage,
    Parcel,
    PrintJob,
    Signature,
    Stub,
    Weighing,
)
from station.domain import cases as table
from station.domain.regions import place_path
from station.domain.vocabulary import SHOP_ZONE, CarrierCode
from station.paper.fonts import Fonts
from station.paper.masking import masked_name, masked_phone
from station.paper.pdf import illustrated, is_picture
from station.services import history, photographs
from station.services.screens import goods
from station.services.sight import masked

Say = Callable[[str, Mapping[str, Any]], str]
"""A code and its facts as a Chinese sentence; the words live in web/."""

_MOST_PHOTOGRAPHS = 6
_SCANS = ("item", "measured", "defect", "undone", "complete", "weighed", "weight_accepted",
          "signed", "repacked")
_FRAMES_SHOWN = 3
_LEFT_OUT = "不在这一份里；客服或管理人员按“带图证据单”另出，并留下记录"


@dataclass(slots=True)
class Sheet:
    """The sheet as data: sections in their order, and the pictures that they name."""

    title: str
    subtitle: str
    shop: str
    head: list[list[str]] = field(default_factory=list)
    sections: list[dict[str, Any]] = field(default_factory=list)
    pictures: dict[str, bytes] = field(default_factory=dict)
    attached: str = ""
    footer: str = ""

    def facts(self, title: str, rows: Iterable[tuple[str, str]], note: str = "") -> None:
        """A section of named facts; those that nobody knows are left out."""
        known = [[name, value] for name, value in rows if value]
        if known:
            self.sections.append(
                {"kind": "facts", "title": title, "rows": known, "note": note})

    def table(
        self, title: str, columns: Mapping[str, int], rows: Sequence[Sequence[str]], *,
        note: str = "", mono: bool = False,
    ) -> None:
        """A section with a table; ``columns`` are names and shares of the width, 0 as needed."""
        if rows:
            self.sections.append({
                "kind": "table", "title": title, "columns": list(columns),
                "widths": list(columns.values()), "rows": [list(row) for row in rows],
                "note": note, "mono": mono})

    def show(
        self, title: str, pictures: Sequence[tuple[str, bytes, str]], *, across: int, height: int
    ) -> None:
        """A section of pictures: file, bytes, caption."""
        if pictures:
            self.pictures.update({name: content for name, content, _ in pictures})
            self.sections.append({
                "kind": "pictures", "title": title, "across": across, "height": height,
                "note": "",
                "pictures": [{"file": name, "caption": said} for name, _, said in pictures]})


def evidence_pdf(
    session: Session, parcel_id: int, case_id: int | None, *, shop: str, say: Say, fonts: Fonts,
    clear: bool = False,
) -> bytes:
    """The sheet of a parcel, with one of its cases or without any. Raises NoResultFound."""
    sheet = gather(session, parcel_id, case_id, shop=shop, say=say, clear=clear)
    data = {
        "title": sheet.title, "subtitle": sheet.subtitle, "shop": sheet.shop, "head": sheet.head,
        "sections": sheet.sections, "attached": sheet.attached, "footer": sheet.footer,
    }
    return illustrated("evidence", _drawable(data, fonts), sheet.pictures, fonts)


def _drawable(value: Any, fonts: Fonts) -> Any:
    """The same data with a mark for what no font can draw; what is attached stays as it is."""
    if isinstance(value, str):
        return fonts.marked(value)
    if isinstance(value, list):
        return [_drawable(one, fonts) for one in value]
    if isinstance(value, dict):
        return {key: one if key in ("attached", "file") else _drawable(one, fonts)
                for key, one in value.items()}
    return value


def gather(
    session: Session, parcel_id: int, case_id: int | None, *, shop: str, say: Say, clear: bool
) -> Sheet:
    """Everything that the sheet says. It names no moment of its own: equal records, equal sheet.

    ``clear`` adds what shows the buyer: his words, the label, photographs, strokes.
    """
    parcel = session.get_one(Parcel, parcel_id)
    case = session.get_one(Case, case_id) if case_id is not None else None
    chains = _chains(session, parcel, case)
    last = max((row.at for rows in chains.values() for row in rows), default=parcel.created_at)
    sheet = Sheet(
        title="快件证据单" if case is None else f"{_kind(case)}证据单",
        subtitle=f"{shop} · 记录截至 {_second(last)}", shop=shop,
        footer=f"{shop} · {parcel.waybill_no or ''}",
    )
    _head(sheet, parcel, case)
    if case is not None:
        _claim(sheet, case, clear=clear)
    _trade(sheet, parcel)
    _content(sheet, chains, parcel, say)
    _weights(sheet, session, parcel)
    _handover(sheet, session, parcel, say)
    _signatures(sheet, session, parcel, case, drawn=clear)
    _returned(sheet, case, say)
    if clear:
        _label(sheet, session, parcel)
        _photographs(sheet, session, parcel)
    else:
        sheet.facts("图片", [("面单、底单、照片、手写签名", _LEFT_OUT)])
    _proof(sheet, session, chains, say)
    return sheet


# --- What is claimed, and of which trade ----------------------------------------------------------


def _head(sheet: Sheet, parcel: Parcel, case: Case | None) -> None:
    carrier = CARRIERS[CarrierCode(parcel.carrier)]
    place = " ".join(place_path(parcel)[:2])
    rows = [
        ("运单号", parcel.waybill_no or "—"), ("快递公司", carrier.name),
        ("收件人", f"{masked_name(parcel.name)} {masked_phone(parcel.phone)}"), ("目的地", place),
        ("付款时间", _second(parcel.paid_at)), ("交给快递", _second(parcel.handed_over_at)),
        ("打包员", parcel.packer),
    ]
    if case is not None:
        rows = [("售后编号", str(case.id)), ("类型", _kind(case)), *rows]
    sheet.head = [[name, value] for name, value in rows if value]


def _kind(case: Case) -> str:
    return table.KINDS[table.CaseKind(case.kind)].zh


def _claim(sheet: Sheet, case: Case, *, clear: bool) -> None:
    state = table.STATES[table.CaseState(case.state)].zh
    said = "" if case.note in ("refunded", "cancelled", "by_hand", "flag_yellow") else case.note
    said = said if clear else masked(case.parcel, said)
    sheet.facts("售后与索赔", [
        ("状态", state), ("登记", _second(case.opened_at)), ("情况说明", said),
        ("快递员", case.courier), ("退回单号", case.return_no), ("投诉工单", case.ticket),
        ("索赔金额", _yuan(case.claimed_fen) if case.claimed_fen else ""),
        ("索赔时间", _second(case.claimed_at)),
        ("应答复", _second(case.deadline) if case.state == table.CaseState.CLAIMED else ""),
        ("快递答应赔", _yuan(case.promised_fen) if case.promised_fen is not None else ""),
        ("已到账", _yuan(case.paid_fen) if case.claimed_fen else ""),
    ])
    sheet.table("到账记录", {"时间": 0, "金额": 0, "方式": 1, "经手": 0}, [
        [_second(row.at), _yuan(row.fen), row.how, row.who] for row in case.payments])


def _trade(sheet: Sheet, parcel: Parcel) -> None:
    rows, total = [], 0
    for order in parcel.orders:
        for line in order.lines:
            if line.quantity:
                total += line.price_fen * line.quantity
                rows.append([
                    f"{order.platform} {order.order_no}", line.title or line.item_no,
                    " ".join(part for part in (line.item_no, line.color, line.size) if part),
                    str(line.quantity), _yuan(line.price_fen),
                    _yuan(line.price_fen * line.quantity)])
    columns = {"平台与订单号": 0, "商品": 2, "货号 颜色 尺码": 2, "件数": 0, "单价": 0, "金额": 0}
    sheet.table("交易", columns, rows, note=f"合计 {_yuan(total)}" if rows else "")


# --- What the bench saw ---------------------------------------------------------------------------


def _content(
    sheet: Sheet, chains: Mapping[str, list[History]], parcel: Parcel, say: Say
) -> None:
    sheet.table("包裹内容", {"货品": 1, "应装": 0, "扫描装入": 0, "量得腰围": 1}, [
        [goods(line).partition("×")[0], str(line.quantity), str(line.packed),
         "、".join(f"{int(mm) / 10:g} cm" for mm in line.measured_mm)]
        for line in parcel.lines if line.quantity],
        note=f"内容封签 SHA-256 {parcel.content_hash}" if parcel.content_hash else "")
    rows = [row for row in chains[f"parcel:{parcel.id}"] if row.kind in _SCANS]
    sheet.table("装箱经过", {"时间": 0, "记录": 1, "经手": 0, "工作台": 0}, [
        [_second(row.at), _said(row, say), row.who, row.bench] for row in rows])


def _weights(sheet: Sheet, session: Session, parcel: Parcel) -> None:
    rows = session.scalars(
        select(Weighing).where(Weighing.parcel_id == parcel.id).order_by(Weighing.id))
    columns = {"时间": 0, "重量": 0, "应重": 0, "相符": 0, "秤": 0, "秤的原始数据": 1}
    sheet.table("称重", columns, [
        [_second(row.at), f"{row.grams} g",
         f"{row.expected_g} ± {row.tolerance_g or 0} g" if row.expected_g is not None else "—",
         "✓" if row.agrees else f"接受：{row.accepted_by}" if row.accepted_by else "✗", row.scale,
         _frames(row.frames)]
        for row in rows])


def _frames(frames: Sequence[Any]) -> str:
    """The last raw frames of a weighing, as bytes and as letters, and how many there were."""
    distinct = list(dict.fromkeys(str(frame) for frame in frames))
    shown = " · ".join(_readable(frame) for frame in distinct[-_FRAMES_SHOWN:])
    return f"{shown}（共 {len(frames)} 帧）" if len(frames) > _FRAMES_SHOWN else shown


def _readable(frame: str) -> str:
    try:
        raw = bytes.fromhex(frame)
    except ValueError:
        return frame
    letters = "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in raw)
    return f"{letters} [{frame}]"


def _handover(sheet: Sheet, session: Session, parcel: Parcel, say: Say) -> None:
    stub = session.get(Stub, parcel.id)
    if stub is None:
        return
    line = session.scalar(
        select(HandoverLine).where(
            HandoverLine.parcel_id == parcel.id, HandoverLine.handover_id == stub.handover_id))
    if line is None:
        return
    row = line.handover
    sheet.facts("交接", [
        ("交接单号", row.number), ("时间", _second(row.closed_at)), ("快递员", row.courier),
        ("仓管", row.opened_by), ("我方重量", f"{parcel.weight_g} g" if parcel.weight_g else ""),
        ("快递员写的重量",
         f"{line.courier_weight_g} g" if line.courier_weight_g is not None else ""),
        ("快递员写的运费",
         _yuan(line.courier_price_fen) if line.courier_price_fen is not None else ""),
        ("核对", say(f"line.{line.state}", {})), ("底单归档", stub.day),
    ])


_ROLES = {"packer": "打包员", "courier": "快递员", "keeper": "仓管", "manager": "管理员"}


def _signatures(
    sheet: Sheet, session: Session, parcel: Parcel, case: Case | None, *, drawn: bool
) -> None:
    stub = session.get(Stub, parcel.id)
    mine = (Signature.parcel_id == parcel.id)
    if stub is not None:
        mine |= (Signature.handover_id == stub.handover_id)
    if case is not None:
        mine |= (Signature.case_id == case.id)
    pictures, rows = [], []
    for row in session.scalars(select(Signature).where(mine).order_by(Signature.id)):
        what = "确认破损" if row.case_id else "交接" if row.handover_id else "封包"
        said = f"{_ROLES.get(row.role, row.role)} {row.who}（{what}） {_second(row.at)}"
        rows.append([said, "手写" if row.how == "drawn" else "工牌和 PIN", row.signed_hash])
        if row.strokes and drawn:
            pictures.append((f"signature-{row.id}.svg", _drawn(row.strokes), said))
    sheet.table("签名", {"谁": 2, "方式": 0, "所签内容 SHA-256": 3}, rows, mono=True)
    sheet.show("手写签名", pictures, across=2, height=24)


def _drawn(strokes: Sequence[Any]) -> bytes:
    """A signature as SVG: its points run from 0 to 1000 on both axes of a wide pad."""
    lines = []
    for stroke in strokes:
        points = [(int(point[0]), int(point[1]) * 2 // 5) for point in stroke]
        if len(points) == 1:
            points.append((points[0][0] + 2, points[0][1]))
        path = " ".join(f"{x},{y}" for x, y in points)
        lines.append(f'<polyline points="{path}" fill="none" stroke="black" stroke-width="7" '
                     'stroke-linecap="round" stroke-linejoin="round"/>')
    head = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-20 -20 1040 440">'
    return f"{head}{''.join(lines)}</svg>".encode()


def _returned(sheet: Sheet, case: Case | None, say: Say) -> None:
    if case is None:
        return
    sheet.table("退回验收", {"时间": 0, "货品": 1, "结果": 1, "腰围": 0, "验收人": 0}, [
        [_second(row.at), " ".join((row.sku.item_no, row.sku.color, row.sku.size)),
         say(f"verdict.{row.verdict}", {}),
         f"{row.waist_mm / 10:g} cm" if row.waist_mm is not None else "", row.who]
        for row in case.pieces if row.verdict])


def _label(sheet: Sheet, session: Session, parcel: Parcel) -> None:
    """The newest label and stub that came out for the parcel's number, first page each."""
    pictures = []
    for kind, name in (("waybill", "面单"), ("stub", "底单")):
        png = session.scalar(
            select(PageImage.png).join(PrintJob, PrintJob.id == PageImage.job_id)
            .where(PrintJob.parcel_id == parcel.id, PrintJob.kind == kind,
                   PrintJob.waybill_no == (parcel.waybill_no or ""), PrintJob.state != "void")
            .order_by(PrintJob.id.desc(), PageImage.page).limit(1)
        )
        if png is not None and is_picture(png):
            pictures.append((f"{kind}.png", png, f"{name}（打印原图）"))
    sheet.show("面单与底单", pictures, across=2, height=100)


def _photographs(sheet: Sheet, session: Session, parcel: Parcel) -> None:
    pictures = []
    for row in photographs.of_parcel(session, parcel.id)[-_MOST_PHOTOGRAPHS:]:
        jpeg = photographs.jpeg(session, row.id)
        if jpeg is not None and is_picture(jpeg):
            said = f"{_second(row.taken_at)} {row.camera} SHA-256 {row.sha256[:16]}…"
            pictures.append((f"photograph-{row.id}.jpg", jpeg, said))
    sheet.show("照片", pictures, across=2, height=60)


# --- The proof ------------------------------------------------------------------------------------


def _chains(session: Session, parcel: Parcel, case: Case | None) -> dict[str, list[History]]:
    """The history rows that speak of the parcel, by chain; of a hand-over only its own rows."""
    found = {f"parcel:{parcel.id}": _rows(session, f"parcel:{parcel.id}")}
    stub = session.get(Stub, parcel.id)
    if stub is not None:
        name = f"handover:{stub.handover_id}"
        rows = [row for row in _rows(session, name) if _speaks_of(row, parcel.waybill_no)]
        found[name] = rows
    if case is not None:
        found[f"case:{case.id}"] = _rows(session, f"case:{case.id}")
    return found


def _speaks_of(row: History, number: str | None) -> bool:
    data = json.loads(row.data)
    return row.kind in ("opened", "closed") or data.get("waybill_no") == number


def _rows(session: Session, chain: str) -> list[History]:
    return list(session.scalars(
        select(History).where(History.chain == chain).order_by(History.seq)))


def _proof(
    sheet: Sheet, session: Session, chains: Mapping[str, list[History]], say: Say
) -> None:
    """Each chain walked anew, its rows with their hashes, and the rows themselves attached."""
    for name, rows in chains.items():
        breaks = list(history.verify(session, name))
        sound = "逐行验算无误" if not breaks else f"第 {breaks[0].seq} 行起对不上"
        sheet.table(
            f"记录链 {name}", {"序": 0, "时间": 0, "记录": 2, "SHA-256": 3},
            [[str(row.seq), _second(row.at), _said(row, say), row.hash] for row in rows],
            note=f"{sound}；每行的 SHA-256 包含上一行。原文见附件 evidence.json", mono=True)
    sheet.attached = json.dumps(
        {name: [_as_json(row) for row in rows] for name, rows in chains.items()},
        ensure_ascii=False, indent=1)


def _as_json(row: History) -> dict[str, Any]:
    at = row.at.astimezone(UTC).isoformat(timespec="microseconds")
    return {"chain": row.chain, "seq": row.seq, "kind": row.kind, "at": at, "who": row.who,
            "bench": row.bench, "data": row.data, "previous": row.previous, "hash": row.hash}


def _said(row: History, say: Say) -> str:
    prefix = "handover_history" if row.chain.startswith("handover") else "history"
    return say(f"{prefix}.{row.kind}", json.loads(row.data))


def _second(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(SHOP_ZONE):%Y-%m-%d %H:%M:%S}"


def _yuan(fen: int) -> str:
    return f"{'-' if fen < 0 else ''}¥{abs(fen) // 100}.{abs(fen) % 100:02d}"
