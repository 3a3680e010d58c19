"""Who buys at the simulated shop: invented people at invented addresses in every province.

Phone numbers begin with 1390000, as test data does; names include rare characters, which shops
meet and fonts lack.
"""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass

# province, city, district, postcode; a municipality repeats its name as city, as exports do
PLACES = (
    ("北京", "北京市", "朝阳区", "100020"), ("天津", "天津市", "南开区", "300100"),
    ("河北省", "石家庄市", "裕华区", "050000"), ("山西省", "太原市", "小店区", "030000"),
    ("内蒙古自治区", "呼和浩特市", "赛罕区", "010020"), ("辽宁省", "沈阳市", "和平区", "110000"),
    ("吉林省", "长春市", "朝阳区", "130000"), ("黑龙江省", "哈尔滨市", "南岗区", "150000"),
    ("上海", "上海市", "浦东新区", "200120"), ("江苏省", "苏州市", "姑苏区", "215000"),
    ("浙江省", "台州市", "温岭市", "317500"), ("安徽省", "合肥市", "蜀山区", "230031"),
    ("福建省", "厦门市", "思明区", "361000"), ("江西省", "南昌市", "东湖区", "330006"),
    ("山东省", "青岛市", "市南区", "266000"), ("河南省", "济源市", "其它区", "454650"),
    ("湖北省", "武汉市", "洪山区", "430070"), ("湖南省", "长沙市", "岳麓区", "410000"),
    ("广东省", "深圳市", "南山区", "518000"), ("广西壮族自治区", "南宁市", "青秀区", "530022"),
    ("海南省", "海口市", "美兰区", "570203"), ("重庆", "重庆市", "渝北区", "401120"),
    ("四川省", "成都市", "武侯区", "610041"), ("贵州省", "贵阳市", "观山湖区", "550081"),
    ("云南省", "昆明市", "盘龙区", "650051"), ("西藏自治区", "拉萨市", "城关区", "850000"),
    ("陕西省", "西安市", "雁塔区", "710061"), ("甘肃省", "兰州市", "城关区", "730030"),
    ("青海省", "西宁市", "城东区", "810007"), ("宁夏回族自治区", "银川市", "兴庆区", "750001"),
    ("新疆维吾尔自治区", "乌鲁木齐市", "天山区", "830002"),
)  # fmt: skip
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
DOUBLE_SURNAMES = ("欧阳", "诸葛", "司马")
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚玲桂英华建文"
RARE_NAMES = ("㛃𬱖", "䶮", "喆", "淼焱", "𠮷")
STREETS = ("人民东路", "万昌中路", "中山大道", "建设街", "文化路", "解放北路", "滨河西路", "学府街")
ESTATES = ("阳光花园", "锦绣小区", "金色家园", "翠湖苑", "和平里", "大学城北区")
COMPANIES = ("", "", "", "", "", "", "温岭测试服饰有限公司", "某某科技园物业服务中心")


@dataclass(frozen=True, slots=True)
class Consignee:
    """To whom a parcel goes."""

    name: str
    phone: str
    province: str
    city: str
    district: str
    street: str
    postcode: str
    company: str

    def as_json(self) -> dict[str, str]:
        """The consignee as the webhook carries it."""
        return asdict(self)

    def one_line(self) -> str:
        """The address as Taobao's export writes it, the postcode in brackets."""
        return f"{self.province} {self.city} {self.district} {self.street}({self.postcode})"


def consignee(number: int, chance: random.Random) -> Consignee:
    """Buyer number so and so; every province comes up in turn."""
    province, city, district, postcode = PLACES[number % len(PLACES)]
    street = (
        f"{chance.choice(STREETS)}{chance.randrange(1, 900)}号{chance.choice(ESTATES)}"
        f"{chance.randrange(1, 40)}幢{chance.randrange(1, 5)}单元{chance.randrange(101, 3304)}室"
    )
    if chance.random() < 0.06:
        street += "（门口有快递柜，放A区；到了请先打电话，谢谢！周末全天有人在家）" * 2
    return Consignee(
        name=_name(chance),
        phone=f"1390000{chance.randrange(10**4):04d}",
        province=province,
        city=city,
        district=district,
        street=street,
        postcode=postcode,
        company=chance.choice(COMPANIES),
    )


def _name(chance: random.Random) -> str:
    rare = chance.random() < 0.04
    double = chance.random() < 0.05
    surname = chance.choice(DOUBLE_SURNAMES) if double else chance.choice(SURNAMES)
    if rare:
        return surname + chance.choice(RARE_NAMES)
    return surname + "".join(chance.choice(GIVEN) for _ in range(chance.choice((1, 2, 2))))
