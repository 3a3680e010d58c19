"""Every setting there is, with its meaning in Chinese and English, its default and what it may be.

The reader, the commented template and the table in docs/configuration.md are all made from the
fields below, so a setting is described once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class About:
    """What is known of one setting beside its type: its words, and the values it may take."""

    zh: str
    en: str
    key: str = ""  # the name in station.toml where it differs from the field's
    choices: tuple[str | int, ...] = ()
    low: int | Decimal | None = None
    high: int | Decimal | None = None
    filled: bool = False  # an empty text is refused
    example: str = ""  # TOML shown by `station init` where the default says too little


_SERIAL = "默认按协议。"


def setting(zh: str, en: str, default: Any = None, **about: Any) -> Any:
    """A field with a default and its description."""
    return field(default=default, metadata={"about": About(zh, en, **about)})


def section(kind: type[Any], zh: str, en: str, **about: Any) -> Any:
    """A table that is always there, with every setting at its default if left out."""
    return field(default_factory=kind, metadata={"about": About(zh, en, **about)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """Whose station this is, and where its records lie."""

    shop: str = setting("店铺名称，显示在屏幕和单据上", "The shop's name, on screens and slips",
                        "我的小店", filled=True)
    database: str = setting(
        "数据库地址；相对路径从本文件所在文件夹算起；多台工作台共用请用 PostgreSQL",
        "Database URL; a relative path starts at this file's folder; several benches share PostgreSQL"
        " (postgresql+psycopg://user@host/packbench)",
        "sqlite:///packbench.db", filled=True)
    data_dir: str = setting("数据文件夹：面单图片、日志、归档", "Folder of label images, logs and archives",
                            "var", filled=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """Where the pages are served, and to whom."""

    host: str = setting("监听地址；127.0.0.1 只允许本机", "Address to listen on; 127.0.0.1 is this computer only",
                        "127.0.0.1", filled=True)
    port: int = setting("端口；0 表示任意空闲端口", "Port; 0 takes any free one", 8321, low=0, high=65535)
    allowed_hosts: tuple[str, ...] = setting(
        "除本机外允许的主机名", "Host names answered besides this computer's own", (),
        example='["packbench.lan"]')
    frame_ancestors: tuple[str, ...] = setting(
        "允许把页面嵌入框架的来源", "Origins that may show our pages in a frame", (),
        example='["http://127.0.0.1:8322"]')
    threads: int = setting("网页线程数；每个打开的屏幕占用一个", "Threads; each open screen keeps one", 32,
                           low=4, high=512)


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """The secret that signs paid orders coming over HTTP (Standard Webhooks, `whsec_…`)."""

    secret: str = setting("签名密钥；更好的做法是放在 secret_file", "Signing secret; better kept in secret_file", "")
    secret_file: str = setting("存放密钥的文件，只允许本人读取", "File with the secret, readable by its owner only",
                               "", example='"webhook.secret"')


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialLine:
    """How bytes travel on a serial line; an absent setting means what the protocol is usually set to."""

    baudrate: int | None = setting("波特率；" + _SERIAL, "Baud rate; the protocol's usual one if absent",
                                   low=50, high=4_000_000, example="9600")
    bytesize: int | None = setting("数据位；" + _SERIAL, "Data bits; the protocol's usual if absent",
                                   choices=(7, 8), example="8")
    parity: str | None = setting("校验；" + _SERIAL, "Parity; the protocol's usual if absent",
                                 choices=("N", "E", "O", "M", "S"), example='"N"')
    stopbits: int | None = setting("停止位；" + _SERIAL, "Stop bits; the protocol's usual if absent",
                                   choices=(1, 2), example="1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale(SerialLine):
    """The bench's scale."""

    protocol: str = setting("秤的协议，见 docs/protocols", "The scale's protocol, see docs/protocols", "st-gs",
                            filled=True)
    port: str = setting("串口或网址", "Serial port or URL (/dev/serial/by-id/…, COM3, socket://, rfc2217://)", "",
                        filled=True, example='"/dev/serial/by-id/usb-scale"')
    unit: str = setting("报文不带单位时的单位", "The unit, where the scale does not send one", "",
                        choices=("", "g", "kg", "lb", "oz", "jin"))
    division_g: Decimal = setting("分度值（克）", "The scale's division in grams", Decimal(5),
                                  low=Decimal("0.1"), high=Decimal(1000))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanner(SerialLine):
    """A barcode scanner that speaks over a serial port. (A keyboard scanner needs no setting.)"""

    name: str = setting("名称", "Its name", "scanner", filled=True)
    port: str = setting("串口或网址", "Serial port or URL", "", filled=True,
                        example='"/dev/serial/by-id/usb-scanner"')
    suffix: str = setting("条码结尾字符", "What ends a code", "auto",
                          choices=("auto", "cr", "lf", "crlf", "tab", "none"))
    prefix: str = setting("需要去掉的固定前缀", "A fixed prefix to take off", "")
    role: str = setting("用途：打包台或交接处", "Where it serves: the packing bench or the courier's door", "bench",
                        choices=("bench", "handover"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Printer(SerialLine):
    """The bench's label printer."""

    language: str = setting("打印机语言", "The printer's language", "tspl", choices=("tspl", "escpos"))
    port: str = setting(
        "串口、网址或设备文件", "Serial port, URL or device file"
        " (socket://printer.lan:9100, file:///dev/usb/lp0, COM4, escpos+usb://04b8:0202)", "",
        filled=True, example='"file:///dev/usb/lp0"')
    gap_mm: int = setting("标签间隙（毫米）；0 为连续纸", "Gap between labels in mm; 0 for continuous paper", 2,
                          low=0, high=50)
    density: int = setting("浓度 0–15", "Darkness 0–15", 8, low=0, high=15)
    speed: int = setting("速度（英寸/秒）", "Speed in inches per second", 4, low=1, high=14)
    chunk_bytes: int = setting("每次发送的字节数；0 为一次发完", "Bytes sent at a time; 0 sends all at once", 0,
                               low=0, high=1_000_000)
    pause_ms: int = setting("每段之间停顿（毫秒）", "Pause between pieces in ms", 0, low=0, high=1000)
    cut: bool = setting("打印后切纸", "Cut after each page", False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One packing bench and what is plugged in there."""

    name: str = setting("工作台名称", "The bench's name", "1", filled=True)
    size: str = setting("面单尺寸（毫米）", "Waybill paper in mm", "100x150", choices=("100x150", "76x130"))
    scale: Scale | None = setting("电子秤", "The scale")
    scanners: tuple[Scanner, ...] = setting("扫码枪", "Scanners", (), key="scanner")
    printer: Printer | None = setting("面单打印机", "The label printer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """Where paid orders come from and what is told back."""

    drop_folder: str = setting("自动导入的文件夹；空为不用", "Folder watched for exports; empty for none", "",
                               example='"inbox"')
    platform_url: str = setting("平台发货接口地址；空为不回写", "The platform's address for ship calls; empty for none",
                                "", example='"https://shop.example/api"')
    ship_call_at: str = setting("何时在平台点发货 (D3)", "When the platform is told that a parcel ships (D3)", "printed",
                                choices=("printed", "packed", "handed_over"))
    merge_window_hours: int = setting("同买家同地址合并发货的时限（小时）；0 为不合并",
                                      "Hours within which one buyer's orders to one address merge; 0 never", 24,
                                      low=0, high=720)
    low_pool: int = setting("运单号少于此数时提醒", "Warn when fewer waybill numbers than this are left", 50,
                            low=0, high=1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """The sender's panel on the waybill (寄)."""

    name: str = setting("寄件人", "Sender's name", "")
    phone: str = setting("寄件电话", "Sender's phone", "")
    address: str = setting("寄件地址", "Sender's address", "")
    company: str = setting("寄件公司", "Sender's company", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """What is drawn on paper."""

    mask: bool = setting("面单上隐去收件人姓名和电话的一部分", "Hide part of the consignee's name and phone on paper", True)
    fonts: tuple[str, ...] = setting("优先使用的字体文件", "Font files to try before the system's", (),
                                     example='["fonts/NotoSansSC-Regular.otf"]')
    sender: Sender = section(Sender, "寄件人", "The sender")


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierSettings:
    """What the shop agreed with one carrier."""

    unreachable: tuple[str, ...] = setting("不到的省、市、区县", "Provinces, cities and districts it does not reach", (),
                                           example='["西藏", "新疆 和田"]')
    contact: str = setting("联系人", "Whom to call", "")
    phone: str = setting("联系电话", "Number to call when material runs low", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Carriers:
    """The carriers of rule S9."""

    default: str = setting("默认快递 (S9)", "The carrier taken unless something speaks against it (S9)", "STO",
                           choices=("STO", "YTO", "EMS", "SF"))
    sto: CarrierSettings = section(CarrierSettings, "申通", "STO Express", key="STO")
    yto: CarrierSettings = section(CarrierSettings, "圆通", "YTO Express", key="YTO")
    ems: CarrierSettings = section(CarrierSettings, "邮政 EMS", "EMS", key="EMS")
    sf: CarrierSettings = section(CarrierSettings, "顺丰", "SF Express", key="SF")

    def of(self, code: str) -> CarrierSettings:
        """The settings of the carrier with this code ("STO", "YTO", "EMS", "SF")."""
        return {"STO": self.sto, "YTO": self.yto, "EMS": self.ems, "SF": self.sf}[code]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighing:
    """When a weight is believed, and how far it may be from the expected one."""

    tolerance_g: int = setting("允许偏差（克）", "Tolerance in grams", 15, low=0, high=100_000)
    tolerance_percent: Decimal = setting("允许偏差（占应重百分比）", "Tolerance in percent of the expected weight",
                                         Decimal("2.0"), low=Decimal(0), high=Decimal(100))
    max_age_s: Decimal = setting("读数最长有效时间（秒）", "A reading older than this many seconds is no reading",
                                 Decimal("1.0"), low=Decimal("0.1"), high=Decimal(10))
    settle_s: Decimal = setting("读数须保持稳定的时间（秒）", "Seconds a reading must hold within one division",
                                Decimal("1.0"), low=Decimal(0), high=Decimal(30))
    scale_error_g: int = setting("秤本身的误差（克）", "The scale's own error in grams", 5, low=0, high=1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Packing:
    """At the bench."""

    waist_tolerance_mm: int = setting("腰围允许误差（毫米）(D4)", "Waist tolerance in mm (D4)", 10, low=0, high=200)
    bounce_ms: int = setting("同一条码在此时间内（毫秒）算一次扫描", "The same code within this many ms is one scan", 300,
                             low=0, high=5000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """At the courier's door: ours against the courier's weight (D6)."""

    tolerance_g: int = setting("与快递员重量允许偏差（克）", "Tolerance to the courier's weight in grams", 50,
                               low=0, high=100_000)
    tolerance_percent: Decimal = setting("与快递员重量允许偏差（百分比）", "The same in percent", Decimal(5),
                                         low=Decimal(0), high=Decimal(100))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariffs:
    """What carriers charge."""

    file: str = setting("运价文件；空为用示例运价", "The file of tariffs; empty uses the example tariff", "",
                        example='"tariffs.toml"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The whole of station.toml. ``base_dir`` is the folder that relative paths start from."""

    station: Shop = section(Shop, "店铺与数据", "The shop and its records")
    web: Web = section(Web, "网页", "The pages")
    webhook: Webhook = section(Webhook, "付款通知", "Paid orders over HTTP")
    benches: tuple[Bench, ...] = setting("工作台，每台一段", "Benches, one block each", (), key="bench")
    orders: Orders = section(Orders, "订单", "Orders")
    paper: Paper = section(Paper, "面单", "Paper")
    carriers: Carriers = section(Carriers, "快递公司", "Carriers")
    weighing: Weighing = section(Weighing, "称重", "Weighing")
    packing: Packing = section(Packing, "打包", "Packing")
    handover: Handover = section(Handover, "交接", "Hand-over")
    tariffs: Tariffs = section(Tariffs, "运价", "Tariffs")
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
        if scheme.startswith("sqlite") and slashes and path and path != ":memory:":
            return f"{scheme}:///{self.resolve(path)}"
        return self.station.database
