"""Postal addresses are starred out of what people type, and a shop's ordinary words are not."""

from __future__ import annotations

import random
import re
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from station.domain.streets import without_addresses

PLACES = [
    ("浙江省", "台州市", "椒江区"), ("浙江", "台州", "温岭市"), ("广东省", "广州市", "白云区"),
    ("北京市", "", "朝阳区"), ("上海", "", "浦东新区"), ("内蒙古自治区", "呼和浩特市", "赛罕区"),
    ("湖北省", "恩施土家族苗族自治州", "利川市"), ("重庆市", "", "渝北区"),
    ("新疆维吾尔自治区", "伊犁哈萨克自治州", "伊宁县"), ("广东省", "东莞市", ""),
]
TOWNS = ["洪家街道", "泽国镇", "石井街道", "陈埭镇", "长安镇", "周庄乡"]
ROADS = [
    "江城南路", "人民路", "解放大街", "中山东路", "建设一路", "世纪大道", "新华街", "环城西路",
    "五四路", "幸福巷", "东直门内大街", "和平里北街", "菊儿胡同", "滨河公路", "长江路二段",
]
ESTATES = ["金色家园", "万科城市花园", "阳光小区", "碧桂园", "绿地世纪城", "恒大名都", "学林雅苑"]
VILLAGES = ["下街村", "王家庄村", "东林社区", "三里新村", "前进村"]
SAID = [
    "寄到{}", "改成{}，谢谢", "客户说换地址：{}", "{}", "买家要发到{} 张三收", "地址{}查无此人",
    "请转寄{}，不要原地址", "拒收，人搬到{}了", "送去{}的驿站",
]


class Someone:
    """Makes up addresses, each from its seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def address(self) -> str:
        """Somewhere in China, written as people write it."""
        pick = self.random.choice
        above = [*pick(PLACES), *pick([[], [pick(TOWNS)]])]
        between = pick(["", "", " "])
        before = between.join(filter(None, above[pick([0, 0, 1, 2]):]))
        return before + between + pick([self.on_a_road, self.in_an_estate, self.in_a_village])()

    def on_a_road(self) -> str:
        """A road and a number; perhaps a building."""
        end = self.random.choice(["号", "号", "", f"弄{self.some(99)}号"])
        inside = self.random.choice(["", self.in_an_estate()])
        return f"{self.random.choice(ROADS)}{self.some(2888)}{end}{inside}"

    def in_an_estate(self) -> str:
        """A building and a door."""
        name, house = self.random.choice(ESTATES), self.some(30)
        door = f"{self.some(30)}0{self.some(8)}"
        return name + self.random.choice([
            f"{house}栋{self.some(5)}单元{door}室", f"{house}幢{door}", f"{house}号楼{door}室",
            f"{self.random.choice(string.ascii_uppercase)}座{self.some(40)}楼{door}",
            f"{house}-{self.some(5)}-{door}", f"{self.some(5)}单元{door}"])

    def in_a_village(self) -> str:
        """A town's village with a number."""
        ends = [f"{self.some(20)}组", f"{self.some(20)}组{self.some(99)}号", f"{self.some(300)}号"]
        return self.random.choice(TOWNS) + self.random.choice(VILLAGES) + self.random.choice(ends)

    def some(self, most: int) -> str:
        """A number."""
        return str(self.random.randint(1, most))


def test_no_road_estate_village_or_number_of_a_made_up_address_is_left():
    left = []
    for seed in range(2000):
        someone = Someone(seed)
        said = someone.random.choice(SAID).format(someone.address())
        shown = without_addresses(said)
        if re.search(r"\d", shown) or any(name in shown for name in (*ROADS, *ESTATES, *VILLAGES)):
            left.append((said, shown))
    assert left == []


OTHERS = """
深圳市南山区科技园南区高新南七道数字技术园B2栋3楼|杭州余杭区仓前街道海创园5幢4单元|沈阳铁西区兴华南街甲8号
武汉市洪山区珞喻路1037号华中科技大学韵苑学生公寓12栋305|长沙市天心区芙蓉中路三段380号汇金国际银座2118室
天津市滨海新区第二大街9号泰达大厦|成都市高新区天府大道中段1388号|河北省保定市定州市清风店镇东市邑村
甘肃省兰州市城关区雁滩乡宋家滩村112号|贵州省毕节市威宁县草海镇鸭子塘社区六组|浙江省义乌市稠城街道车站路24号2楼
上海市闵行区莘庄镇莘建路201弄12号501室|北京市海淀区中关村南大街5号院2号楼1203|拉萨市城关区八廓街道北京中路36号
北京朝阳区望京西园三区308楼2单元|丰台区方庄芳古园一区12楼6门401|香港九龙旺角弥敦道610号|朝阳小区16-2-501
大连市沙河口区西安路83-2号|东莞市虎门镇大宁社区麒麟南街3巷8号|呼和浩特市新城区海东路迎宾小区6号楼东单元
温岭市万昌路 1 号|浙江省/台州市/温岭市 城东街道/万昌路8号|环市路50号（近地铁）31楼
一中教职工宿舍3栋2楼
""".replace("\n", "|").replace("/", "\n").strip("|").split("|")


@pytest.mark.parametrize("address", OTHERS)
def test_an_address_is_gone_whole_however_it_is_written(address: str):
    assert without_addresses(f"寄到{address}，谢谢") == "寄到***，谢谢"


ORDINARY = """
放在3号货架|A区12号货架第2层|3号仓库B路5号架|改成裤长98，腰围82厘米|换L码，黑色|称重差30克，泡沫太厚|3号前发
5号下午到货|1号楼仓库门锁坏了|2楼打包台3号秤校准|缺1件，补发|买家不要了，退款15.5元|快递3号晚上来收|我知道3号发货
在半路5号才到|发浙江省台州市|广东省广州市白云区的件都走申通|北京市朝阳区不到|105号色，32码|款号JN-8801/黑色/32|供应商5号来退
第3排2层|8号柜第6格|三楼5号工位的扫描枪坏了|3单元测试|2号线打印机卡纸|渠道3号价格|通道3号堵了|路上耽误3天|街道封了，停发3天
走2号门|客户姓张，要2条|12号仓|库区东路第3通道12号货位|7号楼下的袋子|B座的货在2楼|XL码20件入库|厂里15号发|加急！今天4点前
纸箱5号用完了|5号箱换6号箱|打包员2号说的|1栋楼的件一起送|乡镇件慢2天|镇上驿站关门|订单2450000000000000001|隔壁街5号店
单号773100000000012|走路5分钟|一路3个件|十字路口2个件|该线路5号恢复|高速公路2小时堵车|4号台秤|小区封闭3天|大学放假，15号后派送
医院门口等10分钟|公寓前台代收2件|一层胶带二层气泡|双层2门柜|甲组2号员工|库存不够，等5号补货|尺码表按1号版|运费差价8元
裤长改短5厘米|腰围1尺9|分两箱装，第1箱10件|上层货架第5格空了|换班交接：剩23单|圆通停收北方件|超区转邮政|地址不详已问|裁床3号床出的货
印花版2|染缸5号有色差|第7批色深|A级品20件B级品3件|东区3排漏水|监控第4路黑屏|电梯停运走楼梯3层|空调5楼坏|街舞比赛团购30件
宿舍楼下自提点关了|社区团购第2车|村里统一到镇上取|县城中转慢3天|跨省3-5天|路由显示5次退回|大道至简款T恤2件|路易款包3个
""".replace("\n", "|").strip("|").split("|")


@pytest.mark.parametrize("words", ORDINARY)
def test_what_a_shop_writes_all_day_is_left_alone(words: str):
    assert without_addresses(words) == words


def test_what_stands_around_two_addresses_stays():
    said = "不寄人民路5号，改寄泽国镇下街村3组，2件，3号发"
    assert without_addresses(said) == "不寄***，改寄***，2件，3号发"


@given(st.text("路街道号栋幢单元室省市区县镇乡村组1239一二三在到，, -A", max_size=60))
@example("街道五四路5号" * 3)
def test_whatever_is_said_a_second_look_finds_nothing_more(words: str):
    once = without_addresses(words)
    assert without_addresses(once) == once


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
def test_words_without_a_number_or_a_town_are_left_alone(words: str):
    if not re.search(r"[\d一二三四五六七八九十百镇乡]|街道", words):
        assert without_addresses(words) == words


@pytest.mark.parametrize("piece", ["路", "市", "镇", "1栋", "镇村", "路1", "市 ", "一路1号", "1-"])
def test_a_long_text_of_one_piece_is_read_to_its_end(piece: str):
    assert without_addresses(piece * 5000 + "，完").endswith("，完")


def test_what_only_sounds_like_a_village_hides_no_address_behind_it() -> None:
    said = without_addresses("王庄3组说好了，寄到温岭市泽国镇下街村12号")
    assert said == "王庄3组说好了，寄到***"
