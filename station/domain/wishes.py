"""What buyer and seller write in free words about the carrier, read without guessing (S9).

A carrier is picked only where the text clearly asks for it. Refusals (不要, 别发, 勿, 拒收, 除了)
never pick; questions, double negations and two carriers at once are left to a person.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from station.domain.regions import Place, Reach
from station.domain.vocabulary import FURTHER, CarrierCode, Further
from station.domain.waists import normal

_LATIN = r"(?<![A-Z0-9]){}(?![A-Z0-9])"
_NAMES: dict[CarrierCode | None, str] = {
    CarrierCode.SF: r"[顺順][丰豐]|(?<=[发用走寄要选])顺风|顺风(?=快递|速运|速递)|"
    + _LATIN.format("(?:SF|SHUN ?FENG)"),
    CarrierCode.YTO: r"圆通|圓通|" + _LATIN.format("(?:YTO|YUAN ?TONG)"),
    CarrierCode.EMS: r"中国邮政|邮政(?!编码|编号)|邮局|E邮宝|" + _LATIN.format("EMS"),
    CarrierCode.STO: r"申通|" + _LATIN.format("(?:STO|SHEN ?TONG)"),
    None: r"中通|韵达|百世|汇通|极兔|德邦|宅急送|京东(?:快递|物流)|天天快递|优速|丹鸟",
}


@lru_cache(maxsize=4)
def _mention(further: tuple[tuple[CarrierCode, Further], ...]) -> re.Pattern[str]:
    """Every carrier's names; a further one of the shop is found before it is somebody else."""
    own = [(code, "|".join(map(_name_pattern, one.names))) for code, one in further]
    return re.compile("|".join(
        f"(?P<{code or 'OTHER'}>{names})" for code, names in (*own, *_NAMES.items())))


def _name_pattern(name: str) -> str:
    plain = re.escape(normal(name).upper())
    return _LATIN.format(plain) if name.isascii() else plain



# A refusal and the small words that may stand between it and the carrier: 不要再给我发(顺丰).
_NO = re.compile(
    r"(?:收不到|不(?!到)|别|勿|拒|没(?!到)|无|非(?!要|得)|莫|甭|禁|除|避免|讨厌)"
    r"(?:要|用|想|能|可以|可|再|给|我|们|帮|请|是|到|收|发|走|寄|选|换|改|使|快递|的|了|任何|接受|支持|"
    r"喜欢|爱|愿意|行|送|通|止|绝|\s)*"
)
_YES = re.compile(r"[发走用要寄选换改请就只必]|最好|指定|可以|尽量")
_AND = re.compile(r"(?:快递|速运|速递|的)?[\s和跟与及以或者还是、/也&+]*(?:快递)?")
_FILLER = r"(?:快递|速运|速递|的|都|就|也|千万|请|绝对|真的|一律|\s)*"
_EVERY = re.compile(r"(?:快递)?(?:都|均|全|一律|统统|除外|以外|之外)")
_ALSO = re.compile(r"(?:快递)?也")
_NO_AFTER = re.compile(
    _FILLER + r"(?:不|别|勿|拒|除外|以外|之外|外|禁|免|太慢|太贵|太差|没有?到"
    r"|(?:快递)?(?:送|派|到)不|停运|停发|停收|爆仓|瘫痪|丢[过了件]|弄丢)"
)
_ABOUT_ELSE = re.compile(
    _FILLER
    + r"(?:不要|不用|不能|别|勿|请勿)(?:再|给我|帮我)?"
    + r"(?:放|扔|丢|压|折|摔|写|代签|打电话|送到|寄到|到付)"
)
_PLACE_NAME = re.compile(r"(?:快递)?(?:驿站|代收|取件点|网点|站点|营业|柜|自提|门店|点)")
_RECORD = re.compile(r"(?:快递|速运|速递|单号|运单|[:\s#])*[A-Z]{0,4}\d{8,}")
_QUESTION = re.compile(r"([可能要会行是好到])不\1|吗|么|多少|呢|几天|\?")
_DOUBLE_NO = re.compile(r"(?:非|不是|不发|不用|不走)[^,]{0,4}?$")
_NONE_BUT = re.compile(r"[不别勿][^,]{0,6}除了?$")
_SECOND_NO = re.compile(r"[^,]{0,3}?(?:不|拒|勿|别|退)")


class _Voice(StrEnum):
    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"


class _Spoken(NamedTuple):
    """A carrier in a clause, with the words before and after it and how they speak of it."""

    mention: re.Match[str]
    between: str
    after: str
    voice: _Voice


@dataclass(frozen=True, slots=True)
class CarrierWish:
    """What the texts ask for. ``carrier`` None: nothing clear was asked.

    ``refused`` carriers must not be chosen; ``contradictory`` texts and ``unsupported`` carriers
    (中通 …) are for a person to read.
    """

    carrier: CarrierCode | None = None
    refused: frozenset[CarrierCode] = frozenset()
    contradictory: bool = False
    unsupported: tuple[str, ...] = ()

    @property
    def needs_a_person(self) -> bool:
        """Whether somebody should read the words, because the choice did not follow from them."""
        return self.contradictory or (bool(self.unsupported) and self.carrier is None)


@dataclass(slots=True)
class _Heard:
    """One text's voices: who is wanted, refused, and what stayed unclear."""

    wanted: set[CarrierCode] = field(default_factory=set)
    refused: set[CarrierCode] = field(default_factory=set)
    other: list[str] = field(default_factory=list)
    unclear: bool = False

    @property
    def doubtful(self) -> bool:
        return self.unclear or len(self.wanted) > 1 or bool(self.wanted & self.refused)


def carrier_wish(buyer_message: str, seller_memo: str = "", shipping_wish: str = "") -> CarrierWish:
    """What the three texts ask for; the seller's memo outweighs the buyer, he the shipping line."""
    heard = [_hear(text) for text in (seller_memo, buyer_message, shipping_wish)]
    speaking = next((one for one in heard if one.wanted or one.unclear), _Heard())
    refused = _refusals(heard)
    unsupported = tuple(dict.fromkeys(name for one in heard for name in one.other))
    doubtful = speaking.doubtful or bool(speaking.wanted & refused)
    carrier = None if doubtful else next(iter(speaking.wanted), None)
    return CarrierWish(carrier, frozenset(refused), doubtful, unsupported)


def _refusals(heard: list[_Heard]) -> set[CarrierCode]:
    """All refusals, except those that a weightier text overrules by asking for that carrier."""
    refused: set[CarrierCode] = set()
    overruled: set[CarrierCode] = set()
    for one in heard:
        refused |= one.refused - overruled
        overruled |= one.wanted
    return refused


def _hear(text: str) -> _Heard:
    heard = _Heard()
    for clause in re.findall(r"[^,。;!?\n]+\??", normal(text).upper()):
        _hear_clause(clause, heard)
    return heard


def _hear_clause(clause: str, heard: _Heard) -> None:
    mentions = list(_mention(tuple(FURTHER.items())).finditer(clause))
    asked = _QUESTION.search(clause) is not None
    spoken: list[_Spoken] = []
    before: _Voice | None = None
    for index, mention in enumerate(mentions):
        start = mentions[index - 1].end() if index else 0
        following = mentions[index + 1] if index + 1 < len(mentions) else None
        if _PLACE_NAME.match(clause, mention.end()) or _RECORD.match(clause, mention.end()):
            continue
        after = clause[mention.end() : following.start() if following else len(clause)]
        between = clause[start : mention.start()]
        before = _voice(between, after, before, last=following is None)
        spoken.append(_Spoken(mention, between, after, before))
    for one, voice in zip(spoken, _with_lists_refused(spoken), strict=True):
        _note(heard, one.mention, _Voice.UNCLEAR if asked else voice)


def _with_lists_refused(spoken: list[_Spoken]) -> list[_Voice]:
    """The voices, where a refusal behind a list means all of it: 申通、圆通都不要."""
    voices = [one.voice for one in spoken]
    for index in range(len(spoken) - 1, 0, -1):
        one, earlier = spoken[index], spoken[index - 1]
        listed = _AND.fullmatch(one.between) and not _YES.search(earlier.between)
        every = _EVERY.match(spoken[-1].after) or one.between.strip()
        also = _ALSO.match(one.after) and _NO_AFTER.match(earlier.after)
        reaches = (listed and every) or also
        if reaches and (voices[index - 1], voices[index]) == (_Voice.YES, _Voice.NO):
            voices[index - 1] = _Voice.NO
    return voices


def _note(heard: _Heard, mention: re.Match[str], voice: _Voice) -> None:
    if mention.lastgroup == "OTHER":
        if voice is not _Voice.NO:
            heard.other.append(mention[0])
        return
    code = CarrierCode(mention.lastgroup or "")
    if voice is _Voice.UNCLEAR:
        heard.unclear = True
    else:
        (heard.wanted if voice is _Voice.YES else heard.refused).add(code)


def _voice(between: str, after: str, before: _Voice | None, *, last: bool) -> _Voice:
    """How one carrier is spoken of, by the words before it, after it, and the carrier before it."""
    if (_DOUBLE_NO.search(between) and _SECOND_NO.match(after)) or _NONE_BUT.search(between):
        return _Voice.UNCLEAR
    if before is not None and _AND.fullmatch(between):
        voice = before
    else:
        voice = _Voice.NO if _refused_before(between) else _Voice.YES
    if voice is _Voice.YES and _NO_AFTER.match(after) and not _ABOUT_ELSE.match(after):
        # "顺丰不要圆通": the words before the next carrier may belong to that one.
        return _Voice.NO if last or not _refused_before(after) else _Voice.YES
    return voice


def _refused_before(words: str) -> bool:
    """Whether the words refuse what follows: a refusal with no fresh request after it."""
    refusals = list(_NO.finditer(words))
    return bool(refusals) and _YES.search(words, refusals[-1].end()) is None


_COUNT = r"(?<!第)(?<!\d)(?P<n>\d{1,2}|[一二两三四五六七八九十]{1,3})"
_ORDERS = r"\s*个?(?:笔|份?订单|单(?![元独色件价号鞋裤反排]))(?:订单|交易|宝贝)?"
_TOGETHER = r"(?:一起|一块|一同|合并|合在|合成|合单|并单|并在|拼|同发|同寄|打包|放在?一)"
_COUNTS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?:共|总共|合计|总计|全部)\s*[::]?\s*(?:有|是|拍了?|下了?|买了?)?\s*{_COUNT}{_ORDERS}",
        rf"{_COUNT}{_ORDERS}\s*(?:都|请|麻烦|要|需要|全部|的|[,\s])*{_TOGETHER}",
        rf"(?:合并|一起|合)\s*(?:的|发货?|寄|这|共|[::\s])*{_COUNT}{_ORDERS}",
    )
)
_BESIDE = re.compile(r"(?:另外|其他|其它|其余|还有|另)的?\s*$")
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2}


def expected_order_count(seller_memo: str, buyer_message: str = "") -> int | None:
    """How many orders are to travel together (共3笔, 三笔合并, 两单一起), None if none is named.

    The memo outweighs the message; of several counts in one text the largest is believed, because
    a parcel that waits can be split by a person and one that left cannot be called back (S10).
    "另外两单一起" counts this order too.
    """
    for text in (seller_memo, buyer_message):
        counts = [_count(found) for pattern in _COUNTS for found in pattern.finditer(normal(text))]
        if counts:
            return max(counts)
    return None


def _count(found: re.Match[str]) -> int:
    start = found.start("n")
    beside = _BESIDE.search(found.string, max(0, start - 12), start)
    return _whole(found["n"]) + (1 if beside else 0)


def _whole(numeral: str) -> int:
    """A count of at most 99 in digits or Chinese numerals (十二, 三)."""
    if numeral.isdigit():
        return int(numeral)
    tens, ten, ones = numeral.rpartition("十")
    if not ten:
        return _DIGITS[numeral[-1]]
    return _DIGITS.get(tens, 1) * 10 + _DIGITS.get(ones, 0)


class CarrierReason(StrEnum):
    """Why this carrier was chosen."""

    WISH = "wish"
    DEFAULT = "default"
    WISH_UNREACHED = "wish_unreached"
    DEFAULT_REFUSED = "default_refused"
    DEFAULT_UNREACHED = "default_unreached"
    NONE_REACHES = "none_reaches"  # nobody goes there, or all were refused: hold the order


class CarrierChoice(NamedTuple):
    """The carrier for a parcel and the reason; NONE_REACHES is to be held, not shipped."""

    carrier: CarrierCode
    reason: CarrierReason


_EXPRESS = (CarrierCode.SF, CarrierCode.EMS)
_SAME_PRICE = {
    CarrierCode.STO: CarrierCode.YTO,
    CarrierCode.YTO: CarrierCode.STO,
    CarrierCode.EMS: CarrierCode.SF,
    CarrierCode.SF: CarrierCode.EMS,
}


def choose_carrier(
    consignee: Place,
    wish: CarrierWish | CarrierCode | None,
    reach: Mapping[CarrierCode, Reach],
    default: CarrierCode = CarrierCode.STO,
) -> CarrierChoice:
    """The carrier by rule S9: the wish if it goes there, else the default, else EMS.

    A carrier missing from ``reach`` goes everywhere. A refused default gives way to the one of
    the same price, a wish for an express that does not go there to the other express.
    """
    asked = wish if isinstance(wish, CarrierWish) else CarrierWish(wish)
    order = _preference(asked, default)
    able = [code for code in order if reach.get(code, Reach()).reaches(consignee)]
    allowed = [code for code in able if code not in asked.refused]
    if not allowed:
        return CarrierChoice(CarrierCode.EMS, CarrierReason.NONE_REACHES)
    return CarrierChoice(allowed[0], _reason(allowed[0], asked, default))


def _preference(wish: CarrierWish, default: CarrierCode) -> list[CarrierCode]:
    """The carriers to try, best first. YTO and SF come in only by request or in a refused place."""
    ordinary = _SAME_PRICE.get(default, CarrierCode.STO) if default in wish.refused else default
    first = (wish.carrier, CarrierCode.EMS) if wish.carrier in _EXPRESS else (wish.carrier,)
    ordered = (*first, ordinary, CarrierCode.EMS)
    return list(dict.fromkeys(code for code in ordered if code is not None))


def _reason(chosen: CarrierCode, wish: CarrierWish, default: CarrierCode) -> CarrierReason:
    if chosen is wish.carrier:
        return CarrierReason.WISH
    if wish.carrier is not None:
        return CarrierReason.WISH_UNREACHED
    if chosen is default:
        return CarrierReason.DEFAULT
    return (
        CarrierReason.DEFAULT_REFUSED
        if default in wish.refused
        else CarrierReason.DEFAULT_UNREACHED
    )
