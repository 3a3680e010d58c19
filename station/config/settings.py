"""Every setting there is, with its meaning in Chinese and English, its default and what it may be.

The reader, the commented template and the table in docs/configuration.md are all made from the
fields below, so a setting is described once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from station.config.about import About
from station.config.devices import Camera, Printer, Scale, Scanner, SlipPrinter
from station.config.pictures import Photographs, Pictures
from station.config.privacy import Log, Privacy


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
    connections: Annotated[int, About(
        "同时最多的连接数；超出的排队等候",
        "Connections at a time; more wait in the queue", low=16, high=4096,
    )] = 200
    request_seconds: Annotated[int, About(
        "一个请求最多几秒到齐（大文件另按每秒 64 KiB 加时）；超时断开",
        "Seconds in which a request must be here, and one more for each 64 KiB of its body; what"
        " is slower is cut off", low=2, high=600,
    )] = 30
    tls_cert: Annotated[str, About(
        "TLS 证书文件；host 不是本机时必须有（station tls 可生成）",
        "TLS certificate; needed when host is not this computer (station tls makes one)",
        example='"station.crt"',
    )] = ""
    tls_key: Annotated[str, About(
        "证书的私钥文件，只允许本人读取",
        "The certificate's key, readable by its owner only", example='"station.key"',
    )] = ""
    tls_port: Annotated[int, About(
        "给其他电脑的 TLS 端口；本机仍用 port",
        "Port of TLS for other computers; this one keeps using port; 0 takes any free one",
        low=0, high=65535,
    )] = 8443
    plain_lan: Annotated[bool, About(
        "允许不加密对局域网开放（不建议：PIN 和个人信息会被看到）",
        "Serve the LAN without TLS (unwise: PINs and personal data can be read on the way)",
    )] = False
    open_benches: Annotated[bool, About(
        "本机无需登录即可用工作台（打包员扫工牌）；false：本机也要登录或用密钥",
        "This computer may use the benches without a sign-in (packers scan their badge); false asks"
        " for a sign-in or a key here, too",
    )] = True
    idle_minutes: Annotated[int, About(
        "多久没有操作就自动退出（分钟）",
        "Minutes without a touch after which somebody is signed out", low=1, high=720,
    )] = 15
    shift_hours: Annotated[int, About(
        "登录最长有效时间（小时）", "Hours after which a sign-in ends in any case", low=1, high=48,
    )] = 12


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
    slip_printer: Annotated[SlipPrinter | None, About(
        "小票打印机（58/80 毫米热敏），打交接单、退换清单、售后单、日报；没有时画在面单纸上",
        "The slip printer (58 or 80 mm receipt paper) for hand-over lists, supplier lists, returns,"
        " the day's report; without one these are drawn on labels",
    )] = None
    camera: Annotated[Camera | None, About("摄像头", "The camera")] = None


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
class OtherCarrier(CarrierSettings):
    """A carrier beside the four."""

    code: Annotated[str, About(
        "代码，平台和导入文件里就用它：2–8 个大写字母或数字，字母开头；有了包裹就不要再改",
        "Its code, as the platform and the lists write it: 2 to 8 capital letters or digits, a "
        "letter first; it stays once there are parcels", filled=True, example='"ZTO"',
    )] = ""
    name: Annotated[str, About(
        "名称，印在面单上", "Its name, as on the waybill", filled=True, example='"中通快递"',
    )] = ""
    names: Annotated[tuple[str, ...], About(
        "别的叫法，留言、账单标题和导入文件里会写的",
        "Other names that messages, bills' titles and lists use", example='["中通", "zhongtong"]',
    )] = ()
    hotline: Annotated[str, About("客服电话", "Its hotline", example='"95311"')] = ""
    prices: Annotated[str, About(
        "没有自己的价目时按哪家算", "Whose tariff counts where it has none of its own",
        choices=("", "STO", "EMS"),
    )] = ""
    numbers: Annotated[tuple[str, ...], About(
        "单号的样子：# 是数字，? 是字母或数字；别的样子照收，只提醒",
        "Shapes of its numbers: # is a digit, ? a letter or digit; others are taken with a warning",
        example='["7#############"]',
    )] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Carriers:
    """The carriers of rule S9."""

    default: Annotated[str, About(
        "默认快递 (S9)：STO、YTO、EMS、SF，或自己加的一家",
        "The carrier taken unless something speaks against it (S9): STO, YTO, EMS, SF or an added "
        "one",
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

    other: Annotated[tuple[OtherCarrier, ...], About(
        "别的快递，每家一段", "Carriers beside the four, a block each",
    )] = ()

    def of(self, code: str) -> CarrierSettings:
        """The settings of the carrier with this code ("STO", "YTO", "EMS", "SF", an added one)."""
        four = {"STO": self.sto, "YTO": self.yto, "EMS": self.ems, "SF": self.sf}
        return {**{one.code: one for one in self.other}, **four}[code]


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
    check_weights_g: Annotated[tuple[int, ...], About(
        "每天校秤用的砝码（克）；[] 为不校秤",
        "The known weights of the daily check in grams; [] for no check", low=1, high=300000,
        example="[500, 5000]",
    )] = (500,)
    check_tolerance_g: Annotated[int, About(
        "校秤允许偏差（克）", "How far the scale may be off in the check, in grams",
        low=0, high=1000,
    )] = 5
    check_required: Annotated[bool, About(
        "当天没有校秤通过就不能称重",
        "Weigh only with a scale that has passed today's check",
    )] = False


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
class Archive:
    """Stubs sealed and handed to management (D7)."""

    after_days: Annotated[int, About(
        "交接多少天后底单归档 (D7)", "Days after the hand-over on which stubs are archived (D7)",
        low=1, high=366,
    )] = 15
    folder: Annotated[str, About(
        "归档文件存放的文件夹；空为数据文件夹里的 archives",
        "Folder of the archives; empty is archives in the data folder",
        example='"/mnt/backup/archives"',
    )] = ""


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
class Backup:
    """Copies of the database, made while the station runs, each read again after writing."""

    every_hours: Annotated[int, About(
        "每隔几小时备份一次数据库；0 为不备份",
        "Hours between two copies of the database; 0 makes none", low=0, high=720,
    )] = 24
    keep: Annotated[int, About(
        "保留最近几份", "How many of the newest copies are kept", low=1, high=1000,
    )] = 14
    folder: Annotated[str, About(
        "备份文件夹，最好在另一块硬盘；空为数据文件夹里的 backups",
        "Where the copies go, best on another disk; empty for backups in the data folder",
        example='"/mnt/other/packbench"',
    )] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariffs:
    """What carriers charge."""

    file: Annotated[str, About(
        "运价文件；空为用示例运价",
        "The file of tariffs; empty uses the example tariff", example='"tariffs.toml"',
    )] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The whole of station.toml. ``base_dir`` is the folder that relative paths start from.

    ``path`` is the file itself, None for settings that were made in the program.
    """

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
    photographs: Annotated[Photographs, About(
        "照片", "Photographs",
    )] = field(default_factory=Photographs)
    pictures: Annotated[Pictures, About(
        "商品图片", "Product pictures",
    )] = field(default_factory=Pictures)
    archive: Annotated[Archive, About("归档", "Archive")] = field(default_factory=Archive)
    tariffs: Annotated[Tariffs, About("运价", "Tariffs")] = field(default_factory=Tariffs)
    privacy: Annotated[Privacy, About(
        "个人信息", "Personal data",
    )] = field(default_factory=Privacy)
    log: Annotated[Log, About("日志", "The log")] = field(default_factory=Log)
    backup: Annotated[Backup, About("备份", "Copies of the database")] = field(
        default_factory=Backup)
    base_dir: Path = field(default_factory=Path.cwd)
    path: Path | None = None

    def resolve(self, path: str) -> Path:
        """The file or folder that a setting names, seen from the configuration's folder."""
        return self.base_dir / path

    @property
    def font_files(self) -> tuple[Path, ...]:
        """The fonts of the settings, which come before those of this machine."""
        return tuple(self.resolve(path) for path in self.paper.fonts)

    @property
    def archive_dir(self) -> Path:
        """The folder of sealed archives; it need not exist yet."""
        folder = self.archive.folder
        return self.resolve(folder) if folder else self.data_dir / "archives"

    @property
    def pictures_dir(self) -> Path:
        """The folder of product pictures; it need not exist yet."""
        folder = self.pictures.folder
        return self.resolve(folder) if folder else self.data_dir / "pictures"

    @property
    def second_pictures_dir(self) -> Path | None:
        """The folder of their second copy; None for none."""
        second = self.pictures.second_folder
        return self.resolve(second) if second else None

    @property
    def data_dir(self) -> Path:
        """The folder of images, logs and archives; it need not exist yet."""
        return self.resolve(self.station.data_dir)

    @property
    def backup_dir(self) -> Path:
        """The folder of the database's copies; it need not exist yet."""
        return self.resolve(self.backup.folder) if self.backup.folder else (
            self.data_dir / "backups")

    @property
    def database_url(self) -> str:
        """The database's URL, a relative SQLite path made absolute."""
        scheme, slashes, path = self.station.database.partition(":///")
        if scheme.startswith("sqlite") and slashes and path not in ("", ":memory:"):
            return f"{scheme}:///{self.resolve(path)}"
        return self.station.database

    @property
    def key_file(self) -> Path:
        """The file of the keys: as set, or else beside the database, or beside station.toml."""
        if self.privacy.key_file:
            return self.resolve(self.privacy.key_file)
        scheme, slashes, path = self.database_url.partition(":///")
        if scheme.startswith("sqlite") and slashes and path not in ("", ":memory:"):
            return Path(path).with_suffix(".key")
        return self.resolve("packbench.key")

    @property
    def heads_file(self) -> Path:
        """The file of the history's signed heads, beside the keys and outside the database."""
        return self.key_file.with_suffix(".heads")
