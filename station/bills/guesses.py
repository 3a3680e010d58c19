"""What a column with a name that nobody has told us may mean: by the words in it, or by its values.

A guess is made only where a meaning is missing and exactly one column may have it; a statement
whose columns say nothing of the kind is refused, and a person maps them once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from statistics import median

from station.domain.vocabulary import Grams

_LONGEST = 14  # characters of a heading; what is longer is a sentence
_BARE_NUMBER = re.compile(r"\d+(?:\.0+)?")
_GRAMS_FROM = 60  # nobody's parcels weigh sixty kilograms each

_NOT_OURS = "订单|客户|月结|回单|原|批次|电话|手机|账号|卡号|工号|发票|子|店铺"
_WORDS: tuple[tuple[str, str, str], ...] = (
    ("waybill", r"(?:单号|号码|编号|条码|面单)$", _NOT_OURS),
    ("day", r"(?:时间|日期)$", "签收|打印|导出|账单|结算|派送|到达"),
    ("province", r"省份?$", "始发|寄件|发货|发件"),
    ("city", r"(?:城市|市|地市)$", "始发|寄件|发货|发件"),
    ("place", "目的|到达|寄达|收件地|流向", "代码|网点|地址"),
    ("charged", "(?:计费|结算|收费|计价|账单).*(?:重|公斤)", "首重|续重|费$|金额"),
    ("charged", "重量?$", "首重|续重|体积|泡|抛|实|续|首"),
    ("actual", "(?:实际|称重|实).*重", "首重|续重|费$"),
    ("total", "(?:应收|应付|结算|合计|总).*(?:费用?|额|款|合计|总计)$", "保价|代收|货款|声明"),
    ("fee", "运费|快递费|邮费|邮资|费用|金额|价格|运价",
     "首重|续重|声明|代收|货款|保|折|优惠|附加"),
    ("remark", "备注|说明|原因|情况", ""),
)


def guessed(
    names: Sequence[str], at: Mapping[str, int], taken: Iterable[int], *, number_too: bool
) -> dict[str, int]:
    """Meanings that the header's names lack so far, with the one column each may stand in.

    ``number_too`` guesses the column of the waybill number as well.
    """
    found: dict[str, int] = {}
    used = {*taken}
    for meaning, words, never in _WORDS:
        if meaning in at or meaning in found or (meaning == "waybill" and not number_too):
            continue
        fitting = [
            index for index, name in enumerate(names)
            if index not in used and name and len(name) <= _LONGEST
            and re.search(words, name) and not (never and re.search(never, name))
        ]
        if len(fitting) == 1:
            found[meaning] = fitting[0]
            used.add(fitting[0])
    return found


def unit_by_values(cells: Iterable[str]) -> Grams:
    """What bare weights count in, by their size: 1 (grams) for whole numbers of 60 and more.

    0 where they do not tell: too few, or parts of a whole.
    """
    bare = [cell.strip() for cell in cells if cell.strip()]
    whole = [cell for cell in bare if _BARE_NUMBER.fullmatch(cell)]
    if len(whole) < 2 or len(whole) != len(bare):
        return 0
    return 1 if median(float(cell) for cell in whole) >= _GRAMS_FROM else 0
