"""The tables of what is plugged in at a bench: scale, scanners, printer, camera."""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Annotated, Any, cast

from station.config.about import About

# What the station itself uses of a device's table; the rest is for the driver.
_OURS = frozenset({
    "name", "port", "protocol", "language", "role", "division_g", "codes", "beeps", "paper_mm",
})

_WIDE_MM = 80
_TO_THE_TEAR_BAR = 160  # dots: so far is the tear bar from the head of a small printer


class Device:
    """A device's table: some settings are the station's own, the rest goes to its driver."""

    __slots__ = ()

    def settings(self) -> dict[str, Any]:
        """What was written down for the driver, by the driver's names; nothing that was not."""
        given = {item.name: getattr(self, item.name) for item in fields(cast("Any", self))}
        return {name: _plain(value) for name, value in given.items()
                if value not in (None, ()) and name not in _OURS}


def _plain(value: Any) -> Any:
    """A setting as drivers take it: exact numbers as floats."""
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return float(value) if isinstance(value, Decimal) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialLine(Device):
    """How bytes travel on a serial line; a setting left out is what the protocol usually has."""

    baudrate: Annotated[int | None, About(
        "波特率", "Baud rate", low=50, high=4000000, example="9600",
    )] = None
    bytesize: Annotated[int | None, About(
        "数据位", "Data bits", choices=(7, 8), example="8",
    )] = None
    parity: Annotated[str | None, About(
        "校验", "Parity", choices=("N", "E", "O"), example='"N"',
    )] = None
    stopbits: Annotated[int | None, About(
        "停止位", "Stop bits", choices=(1, 2), example="1",
    )] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale(SerialLine):
    """The bench's scale."""

    protocol: Annotated[str, About(
        "秤的协议，见 docs/protocols", "The scale's protocol, see docs/protocols", filled=True,
    )] = "st-gs"
    port: Annotated[str, About(
        "串口或网址", "Serial port or URL (/dev/serial/by-id/…, COM3, socket://, rfc2217://)",
        filled=True, example='"/dev/serial/by-id/usb-scale"',
    )] = ""
    division_g: Annotated[Decimal, About(
        "分度值（克）", "The scale's division in grams", low=Decimal("0.1"), high=Decimal(1000),
    )] = Decimal(5)
    unit: Annotated[str | None, About(
        "报文不带单位时的单位", "The unit, where the scale sends none", example='"kg"',
    )] = None
    decimal_comma: Annotated[bool | None, About(
        "数字里的逗号是小数点（欧洲的秤）",
        "A comma among the digits is the decimal point (scales of Europe)", example="true",
    )] = None
    decimals: Annotated[int | None, About(
        "报文不带小数点时有几位小数（toledo-8217）",
        "Digits behind the point, where the scale sends no point (toledo-8217)",
        low=0, high=4, example="3",
    )] = None
    address: Annotated[str | None, About(
        "仪表地址 A–Z（yaohua-command）", "The indicator's letter, A to Z (yaohua-command)",
        example='"A"',
    )] = None
    ask_every: Annotated[Decimal | None, About(
        "问答式秤的询问间隔（秒）", "Seconds between questions to a scale that must be asked",
        low=Decimal("0.05"), high=Decimal(5), example="0.2",
    )] = None
    silent_after: Annotated[Decimal | None, About(
        "多少秒没有读数算无响应", "Seconds without a reading until the scale counts as silent",
        low=Decimal("0.5"), high=Decimal(600), example="3",
    )] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanner(SerialLine):
    """A barcode scanner that speaks over a serial port. (A keyboard scanner needs no setting.)"""

    name: Annotated[str, About("名称", "Its name", filled=True)] = "scanner"
    port: Annotated[str, About(
        "串口或网址", "Serial port or URL", filled=True, example='"/dev/serial/by-id/usb-scanner"',
    )] = ""
    role: Annotated[str, About(
        "用途：打包台（都扫）、只扫货品、只扫面单，或交接处",
        "What it serves: the bench (everything), items only, waybills only, or the courier's door;"
        " commands and badges count everywhere at the bench",
        choices=("bench", "items", "waybills", "handover"),
    )] = "bench"
    beeps: Annotated[str | None, About(
        "扫错时让扫码枪自己响（品牌）",
        "Let the scanner itself beep at a mistake: its make, which must listen to its line",
        choices=("cipherlab", "metrologic"), example='"cipherlab"',
    )] = None
    suffix: Annotated[str | None, About(
        "条码结尾字符", "What ends a code",
        choices=("auto", "cr", "lf", "crlf", "tab", "none"), example='"auto"',
    )] = None
    prefix: Annotated[str | None, About(
        "需要去掉的固定前缀", "A fixed prefix to take off", example='"$"',
    )] = None
    code_id: Annotated[str | None, About(
        "条码前的厂家码制标识（品牌）",
        "The make whose own code identifier stands before each code",
        choices=("honeywell", "newland", "zebra"), example='"honeywell"',
    )] = None
    no_read: Annotated[str | None, About(
        "读不出时扫码枪发送的字符", "What the scanner sends when it could not read", example='"NR"',
    )] = None
    idle_ms: Annotated[int | None, About(
        "无结尾字符时，静默多少毫秒算结束", "Silence in ms that ends a code without a suffix",
        low=10, high=1000, example="80",
    )] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Printer(SerialLine):
    """The bench's label printer. What is left out is the language's usual value."""

    language: Annotated[str, About(
        "打印机语言", "The printer's language", choices=("tspl", "escpos", "zpl", "cpcl", "epl"),
    )] = "tspl"
    port: Annotated[str, About(
        "串口、网址或设备文件",
        "Serial port, URL or device file"
        " (socket://printer.lan:9100, file:///dev/usb/lp0, COM4, lp://QUEUE,"
        " escpos+usb://04b8:0202)",
        filled=True, example='"file:///dev/usb/lp0"',
    )] = ""
    model: Annotated[str | None, About(
        "型号，补上它需要的设置（docs/protocols/escpos.md）",
        "Its model, which completes what is left out (docs/protocols/escpos.md)",
        choices=("kuaimai", "gprinter", "xprinter", "tsc", "zebra", "zpl-clone", "zebra-mobile",
                 "hprt-mobile", "zebra-epl", "epson", "epson-m30", "escpos-clone"),
        example='"kuaimai"',
    )] = None
    chunk_bytes: Annotated[int | None, About(
        "每次发送的字节数", "Bytes sent at a time", low=64, high=1048576, example="4096",
    )] = None
    pause_ms: Annotated[int | None, About(
        "每段之间停顿（毫秒）", "Pause between pieces in ms", low=0, high=2000, example="0",
    )] = None
    chunk_rows: Annotated[int | None, About(
        "每条图形指令的点行数（ESC/POS）；花屏时减小",
        "Dot rows per image command (ESC/POS); fewer where pages come out garbled",
        low=1, high=4095, example="240",
    )] = None
    route: Annotated[str | None, About(
        "传输方式：整页点阵，只传黑色部分，或用打印机自带字库；auto 按线路速度（ZPL 总是压缩）",
        "How a page travels: as one bitmap, only what is black, or as text in the printer's own"
        " font; auto goes by the line's speed (ZPL is always compressed)",
        choices=("auto", "whole", "inked", "native"), example='"auto"',
    )] = None
    font: Annotated[str | None, About(
        "打印机自带的中文字库：TSPL tss24 或 tss32，ZPL simsun，CPCL hprt 或 gbunsg",
        "The printer's own Chinese font: tss24 or tss32 in TSPL, simsun in ZPL, hprt or gbunsg in"
        " CPCL",
        choices=("none", "tss24", "tss32", "simsun", "hprt", "gbunsg"), example='"tss24"',
    )] = None
    answer_seconds: Annotated[Decimal | None, About(
        "等待状态回答的时间（秒）", "Seconds to wait for an answer about its status",
        low=Decimal("0.05"), high=Decimal(10), example="1",
    )] = None
    proof_seconds: Annotated[Decimal | None, About(
        "等待打印完成的时间（秒）", "Seconds to wait until a page has come out",
        low=Decimal(0), high=Decimal(120), example="10",
    )] = None
    write_seconds: Annotated[Decimal | None, About(
        "多少秒不收数据算停住", "Seconds without taking a byte until it counts as stuck",
        low=Decimal("0.1"), high=Decimal(60), example="5",
    )] = None
    page_seconds: Annotated[Decimal | None, About(
        "发送一页的最长时间（秒）；不写则按波特率",
        "Seconds for sending one page; by the baud rate if left out",
        low=Decimal(1), high=Decimal(600), example="60",
    )] = None
    media: Annotated[str | None, About(
        "纸张：间隙、黑标、连续（ESC/POS 以外）",
        "Paper: gaps, black marks or continuous (all but ESC/POS)",
        choices=("gap", "mark", "continuous"), example='"gap"',
    )] = None
    gap_mm: Annotated[Decimal | None, About(
        "标签间隙（毫米；TSPL、EPL）", "Gap between labels in mm (TSPL, EPL)",
        low=Decimal(0), high=Decimal(25), example="2",
    )] = None
    density: Annotated[int | None, About(
        "浓度（TSPL、EPL 0–15，ZPL 0–30，CPCL 0–200）",
        "Darkness (TSPL and EPL 0 to 15, ZPL 0 to 30, CPCL 0 to 200)",
        low=0, high=200, example="8",
    )] = None
    speed: Annotated[Decimal | None, About(
        "速度（TSPL、ZPL 英寸/秒；EPL 1–6 档，CPCL 0–5 档）",
        "Speed (TSPL and ZPL in inches per second; EPL steps 1 to 6, CPCL 0 to 5)",
        low=Decimal(0), high=Decimal(18), example="4",
    )] = None
    direction: Annotated[int | None, About(
        "出纸方向：1 倒转整页（ESC/POS 以外）",
        "Direction: 1 turns the page upside down (all but ESC/POS)", choices=(0, 1), example="0",
    )] = None
    reference_x: Annotated[int | None, About(
        "整页右移（点，8 点 1 毫米；ESC/POS 以外）",
        "Shift of the page to the right in dots, 8 to the mm (all but ESC/POS)",
        low=0, high=2000, example="0",
    )] = None
    reference_y: Annotated[int | None, About(
        "整页下移（点；ESC/POS 以外）", "Shift of the page downwards in dots (all but ESC/POS)",
        low=0, high=2000, example="0",
    )] = None
    dialect: Annotated[str | None, About(
        "方言（TSPL）", "Dialect (TSPL)", choices=("tsc", "kuaimai"), example='"tsc"',
    )] = None
    ending: Annotated[str | None, About(
        "打印后（TSPL、ZPL、EPL）：撕、剥、切",
        "After a page (TSPL, ZPL, EPL): tear, peel or cut; none is for TSPL",
        choices=("tear", "peel", "cut", "none"), example='"tear"',
    )] = None
    cut: Annotated[str | None, About(
        "切纸（ESC/POS）", "Cut after each page (ESC/POS)",
        choices=("none", "full", "partial", "feed"), example='"none"',
    )] = None
    feed: Annotated[str | None, About(
        "走纸（ESC/POS）：到下一标签或按点数", "Feed (ESC/POS): to the next label, or by dots",
        choices=("label", "dots"), example='"label"',
    )] = None
    feed_dots: Annotated[int | None, About(
        "走纸点数（ESC/POS，feed 为 dots 时）", "Dots to feed (ESC/POS, where feed is dots)",
        low=0, high=255, example="0",
    )] = None
    status: Annotated[str | None, About(
        "状态查询方式（TSPL byte、frame、readsta；ESC/POS dle_eot；ZPL hqes、hs；"
        "CPCL esc_h、esc_hi；EPL ee）；不回答的打印机写 none",
        "How it is asked for its status (TSPL byte, frame, readsta; ESC/POS dle_eot; ZPL hqes, hs;"
        " CPCL esc_h, esc_hi; EPL ee); none if it never answers",
        choices=("byte", "frame", "readsta", "dle_eot", "hqes", "hs", "esc_h", "esc_hi", "ee",
                 "none"),
        example='"none"',
    )] = None
    proof: Annotated[str | None, About(
        "打印完成的证明（ESC/POS process_id 或 barrier，其他 status）",
        "How it proves that a page came out (ESC/POS process_id or barrier, the others status)",
        choices=("status", "process_id", "barrier", "none"), example='"none"',
    )] = None
    head_dots: Annotated[int | None, About(
        "打印头宽度（点）", "Width of the print head in dots", low=0, high=8160, example="832",
    )] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SlipPrinter(SerialLine):
    """A receipt printer for slips, beside the label printer. It speaks ESC/POS."""

    port: Annotated[str, About(
        "串口、网址或设备文件，写法同面单打印机",
        "Serial port, URL or device file, as the label printer's",
        filled=True, example='"file:///dev/usb/lp1"',
    )] = ""
    paper_mm: Annotated[int, About(
        "纸宽（毫米）：58 每行 32 格，80 每行 48 格",
        "Width of its paper in mm: 58 has 32 columns, 80 has 48", choices=(80, 58),
    )] = 80
    characters: Annotated[str, About(
        "自带的中文字库；没有（或打出乱码）写 none，整张画出来",
        "The Chinese characters of its own type; none if it has no such (or prints nonsense):"
        " slips are drawn then", choices=("gb18030", "gb2312", "none"),
    )] = "gb18030"
    barcodes: Annotated[str | None, About(
        "小票上的条码：打印机自带（GS k），或画出来；打不出条码的打印机写 drawn",
        "The code on its slips: by the printer's own command (GS k), or drawn, where it has none",
        choices=("own", "drawn"), example='"drawn"',
    )] = None
    model: Annotated[str | None, About(
        "型号，补上它需要的设置（docs/protocols/escpos.md）",
        "Its model, which completes what is left out (docs/protocols/escpos.md)",
        choices=("epson", "epson-m30", "escpos-clone"), example='"escpos-clone"',
    )] = None
    cut: Annotated[str | None, About(
        "每联打完切纸：走到切刀再切、全切、半切、不切；不写则 80 毫米切、58 毫米不切",
        "Cut after each copy; left out, 80 mm paper is fed to the knife and cut, 58 mm is not",
        choices=("feed", "full", "partial", "none"), example='"feed"',
    )] = None
    feed_dots: Annotated[int | None, About(
        "每联打完走纸点数（8 点 1 毫米）；不切纸时要露出撕口",
        "Dots to feed after each copy, 8 to the mm; without a knife up to the tear bar",
        low=0, high=255, example="160",
    )] = None
    status: Annotated[str | None, About(
        "状态查询方式；不回答的打印机写 none", "How it is asked for its status; none if it never"
        " answers", choices=("dle_eot", "none"), example='"none"',
    )] = None
    proof: Annotated[str | None, About(
        "打印完成的证明", "How it proves that a copy came out",
        choices=("process_id", "barrier", "none"), example='"barrier"',
    )] = None
    chunk_rows: Annotated[int | None, About(
        "画出来时每条图形指令的点行数", "Dot rows per image command, where a slip is drawn",
        low=1, high=4095, example="128",
    )] = None
    chunk_bytes: Annotated[int | None, About(
        "每次发送的字节数", "Bytes sent at a time", low=64, high=1048576, example="1024",
    )] = None
    pause_ms: Annotated[int | None, About(
        "每段之间停顿（毫秒）", "Pause between pieces in ms", low=0, high=2000, example="0",
    )] = None
    answer_seconds: Annotated[Decimal | None, About(
        "等待状态回答的时间（秒）", "Seconds to wait for an answer about its status",
        low=Decimal("0.05"), high=Decimal(10), example="1",
    )] = None
    proof_seconds: Annotated[Decimal | None, About(
        "等待打印完成的时间（秒）", "Seconds to wait until a copy has come out",
        low=Decimal(0), high=Decimal(120), example="10",
    )] = None
    write_seconds: Annotated[Decimal | None, About(
        "多少秒不收数据算停住", "Seconds without taking a byte until it counts as stuck",
        low=Decimal("0.1"), high=Decimal(60), example="5",
    )] = None
    page_seconds: Annotated[Decimal | None, About(
        "发送一联的最长时间（秒）；不写则按波特率",
        "Seconds for sending one copy; by the baud rate if left out",
        low=Decimal(1), high=Decimal(600), example="60",
    )] = None

    @property
    def head_dots(self) -> int:
        """How many dots wide it prints: 48 mm of a 58 mm roll, 72 mm of an 80 mm one."""
        return {58: 384, 80: 576}[self.paper_mm]

    def settings(self) -> dict[str, Any]:
        """The driver's settings: what was written down, and what is usual for its kind.

        A receipt printer of no known make is asked for the proof that all of them understand.
        """
        has_knife = self.paper_mm == _WIDE_MM
        usual = {
            "feed": "dots", "head_dots": self.head_dots, "cut": "feed" if has_knife else "none",
        }
        if self.model is None:
            usual["proof"] = "barrier"
        given = {**usual, **Device.settings(self)}
        if given["cut"] == "none":
            given.setdefault("feed_dots", _TO_THE_TEAR_BAR)
        if given["characters"] == "none":
            del given["characters"]
        return given


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera(Device):
    """A camera above the bench: a scanner that needs no hand, and a witness."""

    port: Annotated[str, About(
        "摄像头：编号、设备、视频文件或网址",
        "The camera: a number, a device, a video file or a URL"
        " (0, /dev/v4l/by-id/…, http://camera.lan/video, rtsp://…, frames:///folder)",
        filled=True, example='"0"',
    )] = ""
    role: Annotated[str, About(
        "用途：读码、拍照留证，或两者", "What it does: read codes, take evidence, or both",
        choices=("both", "scanner", "witness"),
    )] = "both"
    codes: Annotated[str, About(
        "读哪些码：只读运单号，或货品条码也读（同一件货重新露出会再算一次）",
        "Which codes it reads: waybill numbers only, or items too (an item that comes into sight"
        " again counts again)",
        choices=("waybills", "all"),
    )] = "waybills"
    region: Annotated[tuple[Decimal, ...], About(
        "读码区域：左、上、宽、高，占画面的比例；空为整个画面",
        "Where codes are looked for: left, top, width, height as shares of the picture;"
        " empty is all of it",
        low=Decimal(0), high=Decimal(1), example="[0.2, 0.1, 0.6, 0.8]",
    )] = ()
    width: Annotated[int | None, About(
        "画面宽度（像素）", "Width asked of the camera in pixels", low=160, high=7680,
        example="1280",
    )] = None
    height: Annotated[int | None, About(
        "画面高度（像素）", "Height asked of the camera in pixels", low=120, high=4320,
        example="720",
    )] = None
    looks_per_second: Annotated[Decimal | None, About(
        "每秒最多读几幅", "The most pictures read in a second",
        low=Decimal("0.2"), high=Decimal(60), example="8",
    )] = None
    cpu_percent: Annotated[Decimal | None, About(
        "最多占用一个核的百分之几", "The most of one core that it takes, in percent",
        low=Decimal(1), high=Decimal(100), example="30",
    )] = None
    budget_ms: Annotated[Decimal | None, About(
        "每幅最多读多久（毫秒）", "The time of one look in ms",
        low=Decimal(1), high=Decimal(1000), example="40",
    )] = None
    leave_ms: Annotated[Decimal | None, About(
        "条码离开画面多久（毫秒）后再出现才算一次",
        "How long a code must have been away before it counts again, in ms",
        low=Decimal(0), high=Decimal(60000), example="1500",
    )] = None
    stale_ms: Annotated[Decimal | None, About(
        "画面超过多久（毫秒）不能作证", "A picture older than this is no evidence, in ms",
        low=Decimal(100), high=Decimal(60000), example="2000",
    )] = None
    photo_kb: Annotated[int | None, About(
        "照片最大多少 kB", "The largest photograph in kB", low=10, high=5000, example="200",
    )] = None
    silent_after: Annotated[Decimal | None, About(
        "多少秒没有画面算无响应", "Seconds without a picture until it counts as silent",
        low=Decimal("0.5"), high=Decimal(60), example="3",
    )] = None
    play_fps: Annotated[Decimal | None, About(
        "文件或文件夹的播放速度（幅/秒）", "Pictures a second of a file or folder",
        low=Decimal(0), high=Decimal(240), example="0",
    )] = None
    loop: Annotated[bool | None, About(
        "视频文件或文件夹放完从头再来", "Begin a file or folder again at its end", example="true",
    )] = None
