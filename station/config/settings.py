"""Every setting there is, with its meaning in Chinese and English, its default and what it may be.

The reader, the commented template and the table in docs/configuration.md are all made from the
fields below, so a setting is described once.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from decimal import Decimal
from pathlib import Path
from typing import Annotated


@dataclass(frozen=True, slots=True)
class About:
    """What is known of one setting beside its type: its words, and the values it may take."""

    zh: str
    en: str
    key: str = ""  # the name in station.toml where it differs from the field's
    choices: tuple[str | int, ...] = ()
    low: int | Decimal | None = None
    high: int | Decimal | None = None
    filled: bool = False  # an empty text is refused; with an empty default the setting is required
    example: str = ""  # TOML shown by `station init` where the default says too little


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """Whose station this is, and where its records lie."""

    shop: Annotated[str, About(
        "店铺名称，显示在屏幕和单据上", "The shop's name, on screens and slips", filled=True,
    )] = "我的小店"
    database: Annotated[str, About(
        "数据库地址；相对路径从本文件所在文件夹算起；多台工作台共用请用 PostgreSQL",
        "Database URL; a relative path starts at this file's folder; many benches share PostgreSQL"
        " (postgresql+psycopg://user@host/packbench)",
        filled=True,
    )] = "sqlite:///packbench.db"
    data_dir: Annotated[str, About(
        "数据文件夹：面单图片、日志、归档",
        "Folder of label images, logs and archives", filled=True,
    )] = "var"


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """Where the pages are served, and to whom."""

    host: Annotated[str, About(
        "监听地址；127.0.0.1 只允许本机",
        "Address to listen on; 127.0.0.1 is this computer only", filled=True,
    )] = "127.0.0.1"
    port: Annotated[int, About(
        "端口；0 表示任意空闲端口", "Port; 0 takes any free one", low=0, high=65535,
    )] = 8321
    allowed_hosts: Annotated[tuple[str, ...], About(
        "除本机外允许的主机名",
        "Host names answered besides this computer's own", example='["packbench.lan"]',
    )] = ()
    frame_ancestors: Annotated[tuple[str, ...], About(
        "允许把页面嵌入框架的来源",
        "Origins that may show our pages in a frame", example='["http://127.0.0.1:8322"]',
    )] = ()
    threads: Annotated[int, About(
        "网页线程数；每个打开的屏幕占用一个",
        "Threads; each open screen keeps one", low=4, high=512,
    )] = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """The secret that signs paid orders coming over HTTP (Standard Webhooks, `whsec_…`)."""

    secret: Annotated[str, About(
        "签名密钥；更好的做法是放在 secret_file", "Signing secret; better kept in secret_file",
    )] = ""
    secret_file: Annotated[str, About(
        "存放密钥的文件，只允许本人读取",
        "File with the secret, readable by its owner only", example='"webhook.secret"',
    )] = ""


# What the station itself uses of a device's table; the rest is for the driver.
_OURS = frozenset({"name", "port", "protocol", "language", "role", "division_g"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialLine:
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

    def settings(self) -> dict[str, str | int | float | bool]:
        """What was written down for the driver, by the driver's names; nothing that was not."""
        given = {item.name: getattr(self, item.name) for item in fields(self)}
        return {name: float(value) if isinstance(value, Decimal) else value
                for name, value in given.items() if value is not None and name not in _OURS}


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
        "用途：打包台或交接处", "Where it serves: the packing bench or the courier's door",
        choices=("bench", "handover"),
    )] = "bench"
    suffix: Annotated[str | None, About(
        "条码结尾字符", "What ends a code",
        choices=("auto", "cr", "lf", "crlf", "tab", "none"), example='"auto"',
    )] = None
    prefix: Annotated[str | None, About(
        "需要去掉的固定前缀", "A fixed prefix to take off", example='"$"',
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
        " (socket://printer.lan:9100, file:///dev/usb/lp0, COM4, escpos+usb://04b8:0202)",
        filled=True, example='"file:///dev/usb/lp0"',
    )] = ""
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
        "传输方式：整页点阵，或只传黑色部分；auto 按波特率决定（ZPL 总是压缩）",
        "How a page travels: as one bitmap, or only what is black; auto goes by the baud rate"
        " (ZPL is always compressed)",
        choices=("auto", "whole", "inked"), example='"auto"',
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
class Bench:
    """One packing bench and what is plugged in there."""

    name: Annotated[str, About("工作台名称", "The bench's name", filled=True)] = "1"
    size: Annotated[str, About(
        "面单尺寸（毫米）", "Waybill paper in mm", choices=("100x150", "76x130"),
    )] = "100x150"
    scale: Annotated[Scale | None, About("电子秤", "The scale")] = None
    scanners: Annotated[tuple[Scanner, ...], About("扫码枪", "Scanners", key="scanner")] = ()
    printer: Annotated[Printer | None, About("面单打印机", "The label printer")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """Where paid orders come from and what is told back."""

    drop_folder: Annotated[str, About(
        "自动导入的文件夹；空为不用",
        "Folder watched for exports; empty for none", example='"inbox"',
    )] = ""
    platform_url: Annotated[str, About(
        "平台发货接口地址；空为不回写",
        "The platform's address for ship calls; empty for none",
        example='"https://shop.example/api"',
    )] = ""
    ship_call_at: Annotated[str, About(
        "何时在平台点发货 (D3)",
        "When the platform is told that a parcel ships (D3)",
        choices=("printed", "packed", "handed_over"),
    )] = "printed"
    merge_window_hours: Annotated[int, About(
        "同买家同地址合并发货的时限（小时）；0 为不合并",
        "Hours within which one buyer's orders to one address merge; 0 never", low=0, high=720,
    )] = 24
    low_pool: Annotated[int, About(
        "运单号少于此数时提醒",
        "Warn when fewer waybill numbers than this are left", low=0, high=1000000,
    )] = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """The sender's panel on the waybill (寄)."""

    name: Annotated[str, About("寄件人", "Sender's name")] = ""
    phone: Annotated[str, About("寄件电话", "Sender's phone")] = ""
    address: Annotated[str, About("寄件地址", "Sender's address")] = ""
    company: Annotated[str, About("寄件公司", "Sender's company")] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """What is drawn on paper."""

    mask: Annotated[bool, About(
        "面单上隐去收件人姓名和电话的一部分",
        "Hide part of the consignee's name and phone on paper",
    )] = True
    fonts: Annotated[tuple[str, ...], About(
        "优先使用的字体文件",
        "Font files to try before the system's", example='["fonts/NotoSansSC-Regular.otf"]',
    )] = ()
    sender: Annotated[Sender, About("寄件人", "The sender")] = field(default_factory=Sender)


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierSettings:
    """What the shop agreed with one carrier."""

    unreachable: Annotated[tuple[str, ...], About(
        "不到的省、市、区县",
        "Provinces, cities and districts it does not reach", example='["西藏", "新疆 和田"]',
    )] = ()
    contact: Annotated[str, About("联系人", "Whom to call")] = ""
    phone: Annotated[str, About("联系电话", "Number to call when material runs low")] = ""
    answer_days: Annotated[int, About(
        "投诉、索赔几天内必须答复 (D8)",
        "Days within which a complaint or claim must be answered (D8)", low=1, high=90,
    )] = 7
    lost_days: Annotated[int, About(
        "交出后几天没有送到算丢件 (D8)",
        "Days after the hand-over until a parcel that never arrived counts as lost (D8)",
        low=1, high=365,
    )] = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Carriers:
    """The carriers of rule S9."""

    default: Annotated[str, About(
        "默认快递 (S9)",
        "The carrier taken unless something speaks against it (S9)",
        choices=("STO", "YTO", "EMS", "SF"),
    )] = "STO"
    sto: Annotated[CarrierSettings, About(
        "申通", "STO Express", key="STO",
    )] = field(default_factory=CarrierSettings)
    yto: Annotated[CarrierSettings, About(
        "圆通", "YTO Express", key="YTO",
    )] = field(default_factory=CarrierSettings)
    ems: Annotated[CarrierSettings, About(
        "邮政 EMS", "EMS", key="EMS",
    )] = field(default_factory=CarrierSettings)
    sf: Annotated[CarrierSettings, About(
        "顺丰", "SF Express", key="SF",
    )] = field(default_factory=CarrierSettings)

    def of(self, code: str) -> CarrierSettings:
        """The settings of the carrier with this code ("STO", "YTO", "EMS", "SF")."""
        return {"STO": self.sto, "YTO": self.yto, "EMS": self.ems, "SF": self.sf}[code]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighing:
    """When a weight is believed, and how far it may be from the expected one."""

    tolerance_g: Annotated[int, About(
        "允许偏差（克）", "Tolerance in grams", low=0, high=100000,
    )] = 15
    tolerance_percent: Annotated[Decimal, About(
        "允许偏差（占应重百分比）",
        "Tolerance in percent of the expected weight", low=Decimal(0), high=Decimal(100),
    )] = Decimal("2.0")
    max_age_s: Annotated[Decimal, About(
        "读数最长有效时间（秒）",
        "A reading older than this many seconds is no reading",
        low=Decimal("0.1"), high=Decimal(10),
    )] = Decimal("1.0")
    settle_s: Annotated[Decimal, About(
        "读数须保持稳定的时间（秒）",
        "Seconds a reading must hold within one division", low=Decimal(0), high=Decimal(30),
    )] = Decimal("1.0")
    scale_error_g: Annotated[int, About(
        "秤本身的误差（克）", "The scale's own error in grams", low=0, high=1000,
    )] = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Packing:
    """At the bench."""

    waist_tolerance_mm: Annotated[int, About(
        "腰围允许误差（毫米）(D4)", "Waist tolerance in mm (D4)", low=0, high=200,
    )] = 10
    bounce_ms: Annotated[int, About(
        "同一条码在此时间内（毫秒）算一次扫描",
        "The same code within this many ms is one scan", low=0, high=5000,
    )] = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """At the courier's door: ours against the courier's weight (D6)."""

    tolerance_g: Annotated[int, About(
        "与快递员重量允许偏差（克）",
        "Tolerance to the courier's weight in grams", low=0, high=100000,
    )] = 50
    tolerance_percent: Annotated[Decimal, About(
        "与快递员重量允许偏差（百分比）",
        "The same in percent", low=Decimal(0), high=Decimal(100),
    )] = Decimal(5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariffs:
    """What carriers charge."""

    file: Annotated[str, About(
        "运价文件；空为用示例运价",
        "The file of tariffs; empty uses the example tariff", example='"tariffs.toml"',
    )] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The whole of station.toml. ``base_dir`` is the folder that relative paths start from."""

    station: Annotated[Shop, About(
        "店铺与数据", "The shop and its records",
    )] = field(default_factory=Shop)
    web: Annotated[Web, About("网页", "The pages")] = field(default_factory=Web)
    webhook: Annotated[Webhook, About(
        "付款通知", "Paid orders over HTTP",
    )] = field(default_factory=Webhook)
    benches: Annotated[tuple[Bench, ...], About(
        "工作台，每台一段", "Benches, one block each", key="bench",
    )] = ()
    orders: Annotated[Orders, About("订单", "Orders")] = field(default_factory=Orders)
    paper: Annotated[Paper, About("面单", "Paper")] = field(default_factory=Paper)
    carriers: Annotated[Carriers, About("快递公司", "Carriers")] = field(default_factory=Carriers)
    weighing: Annotated[Weighing, About("称重", "Weighing")] = field(default_factory=Weighing)
    packing: Annotated[Packing, About("打包", "Packing")] = field(default_factory=Packing)
    handover: Annotated[Handover, About("交接", "Hand-over")] = field(default_factory=Handover)
    tariffs: Annotated[Tariffs, About("运价", "Tariffs")] = field(default_factory=Tariffs)
    base_dir: Path = field(default_factory=Path.cwd)

    def resolve(self, path: str) -> Path:
        """The file or folder that a setting names, seen from the configuration's folder."""
        return self.base_dir / path

    @property
    def data_dir(self) -> Path:
        """The folder of images, logs and archives; it need not exist yet."""
        return self.resolve(self.station.data_dir)

    @property
    def database_url(self) -> str:
        """The database's URL, a relative SQLite path made absolute."""
        scheme, slashes, path = self.station.database.partition(":///")
        if scheme.startswith("sqlite") and slashes and path not in ("", ":memory:"):
            return f"{scheme}:///{self.resolve(path)}"
        return self.station.database
