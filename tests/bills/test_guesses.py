"""Columns that nobody has told us: guessed by the words in their names, never between two."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.bills.guesses import guessed, unit_by_values
from station.bills.layouts import recognise
from station.bills.statement import read_statement
from station.bills.trouble import StatementError
from station.domain.statements import Statement

Read = Callable[..., Statement]
NUMBER = "773000000000001"
# An .xls of one sheet: title, header, two lines (one number as a float), a total of 13 yuan.
XLS = (
    'c-rk)T}TvB6h3!mc3n-^T~k2|S%j=iV^&K|(Cvp3f);ZVv!69hlh8C4Qz}qPeG*BD=!aemUwY|>pdb37UZRIe$%h~)'
    'v|a)s3e*hL?VPi-<61r_q*Tlq?z#6n_niC9oqO-xJ2TL4AL_lGI1Il?KFBcb4+nFIO<)QS0vlkx-%rJ0Zo%X?<e!po'
    '3l5~&1P`NLhS3<(cn^aFx0Gk70X||n0LQ^yUsvT=LfOjqP%h{m@=y!7iWVy*@Lk2QKFoSK>znNPi1lW+bg|Au-yyLN'
    '`d#kS9Bmfwm6Ey63e@gBj(NuxC&a-En#C>MBH(L+Exx1WwSQ+tk`f7hfa6wBRafOJuN{I|9Kb#p^E&`WgDdr^!>}){'
    'T>#oAX4}K&u%DL{fL8Dy;tAdXk#I?&8cA4>Ja3+aF`V4M$qpj(L}K?ySxmPBGC;+Y1r1&&&R9#e1AgpJ=_>XpAQIiZ'
    'MdMYY7i16v=ZZbwJ!TNsI*UDD8rvI1)08^|zAllx7%|v<@${>n{vL@UHg#bZR{FUXIWyFZtaPU{UCnejb8^*<xvCls'
    'ke!{W&WICvN{^M*iY6?4^?W!ec|#*N=#g06;$7)xzZNg~$++5Ts<FE{>s1w5lilNP%q)9)J0obH;rEhl)_W<6*J~u|'
    'N{HsNomZ_5cb>`X-`?!1D0G#vrIq)hz>c+w9y0jh3`JnDm1|6_sp(XXSjYM-x4MGMiL7JM6Z4e9IIXawjeXj=HU)Vy'
    'Sq5FJL&|Hg+%dBIep1IL*IF#!C>TB!d*iLE7m{%Yt;Be`+8|A&i7S^$9=L+J(B5wESttDVrn5*kt#5v9TaJb)h~T1~'
    'HF*f`-E0pLm`JDtDERyWNJ1p*NJgaSNI_)MkqMDmM`lD}8mlx1tHi7p%|9?|;W{GL2ptjYGDMI087LZ$9pZV!gk(l5'
    '@e!9i2bav=k*H-HXPLQdtvl}&PMEd@>WME(<CB@ssw3iy))Dp6rXymtYrRzFU{;tp2K5tcQDNr5r9iVp_0(P#1z;}}'
    'ZZBVofxGm0aL1aF2r$GDLkuy*5JL=EOrg^t9YN^iq-f`2vvxA3|2k8crj6eu|E&~3Jzfp?VY(gaF!#a91<jv$Fo|GW'
    'VxBR<|Aiza$nJw0sNnmkS@8VD?*tLrpLqw`{@fB;DF5_A?sJj(e*$Ax6}k'
)


@pytest.mark.parametrize(("name", "meaning"), [
    ("快件条码", "waybill"), ("收派时间", "day"), ("目的省份名", "place"),
    ("结算用重量", "charged"),
    ("结算总费用", "total"), ("基本运费", "fee"), ("异常情况", "remark"),
])
def test_words_in_a_name_tell_its_meaning(name: str, meaning: str):
    found = guessed([name], {}, (), number_too=True)
    assert found == ({meaning: 0} if meaning else {})


def test_nothing_is_guessed_between_two_columns():
    assert guessed(["发出单号", "转运单号"], {}, (), number_too=True) == {}


@pytest.mark.parametrize("name", [
    "订单号", "客户编号", "月结账号", "回单单号", "原运单编号", "声明价值金额", "代收货款金额",
    "签收时间", "打印时间", "体积重量", "首重金额", "保价金额",
])
def test_columns_of_other_things_are_never_taken(name: str):
    assert guessed([name], {}, (), number_too=True).keys() <= {"actual"}


def test_a_known_name_is_always_before_a_guess():
    layout = recognise(("运单号", "包裹条码", "日期", "结算用重量", "运费", "结算总费用"))
    assert layout is not None
    assert (layout.at["waybill"], layout.at["charged"], layout.at["total"]) == (0, 3, 5)


def test_a_header_without_any_known_number_is_read_by_its_words(read: Read):
    statement = read([("快件条码", "收派时间", "目的省份", "账单重量", "基本运费"),
                      (NUMBER, "2026-11-03", "广东省", "1", "8")])
    (line,) = statement.lines
    assert line[:8] == (2, NUMBER, 800, "freight", "2026-11-03", "广东省", "", 1000)


def test_a_table_about_other_things_is_refused(read: Read):
    with pytest.raises(StatementError) as refused:
        read([("票号", "哪天", "多少钱"), (NUMBER, "2026-11-03", "8")])
    assert refused.value.code == "unknown_layout"


@pytest.mark.parametrize(("cells", "unit"), [
    (["480", "1480", "500"], 1), (["1", "2", "1"], 0), (["0.62", "480"], 0), (["480"], 0),
    ([], 0), (["1kg", "2kg"], 0), (["", "620", "980"], 1), (["120.0", "980.0"], 1),
])
def test_whole_numbers_too_large_for_kilograms_are_grams(cells: list[str], unit: int):
    assert unit_by_values(cells) == unit


@given(st.lists(st.text(max_size=8), max_size=20))
def test_no_cells_stop_the_look_at_weights(cells: list[str]):
    assert unit_by_values(cells) in (0, 1)


@given(st.lists(st.text(max_size=16), max_size=30))
def test_guesses_never_take_one_column_twice(names: list[str]):
    found = guessed(names, {}, (), number_too=True)
    assert len(set(found.values())) == len(found)


def test_weights_without_a_unit_are_read_as_grams_where_they_are_large(read: Read):
    statement = read([("邮件号", "重量", "资费"), ("9811234567890", "480", "20"),
                      ("9811234567891", "1480", "32")])
    assert [line.charged_g for line in statement.lines] == [480, 1480]


def test_money_given_back_in_a_column_of_its_own_is_a_credit(read: Read):
    header = ("运单号", "日期", "结算重量", "运费", "赔付金额", "应付金额")
    statement = read([header, (NUMBER, "2026-11-03", "1", "8", "50", "-42")])
    assert [(one.kind, one.fee_fen) for one in statement.lines] == [
        ("freight", 800), ("credit", -5000)]


def test_the_product_names_a_line_that_weighs_nothing(read: Read):
    header = ("运单号码", "日期", "对方地区", "计费重量", "产品类型", "应付金额")
    statement = read([header, (NUMBER, "2026-11-03", "广州", "1", "标快", "17.6"),
                      (NUMBER, "2026-11-03", "广州", "", "保价", "1")])
    assert [one.kind for one in statement.lines] == ["freight", "insurance"]


def test_a_price_that_was_never_computed_is_seen(read: Read):
    statement = read([("运单号", "运费"), (NUMBER, ""), ("773000000000002", "8")])
    assert [(one.row, one.code, one.column) for one in statement.review] == [
        (2, "missing_amount", "运费")]


def test_an_account_number_below_the_table_is_no_parcel(read: Read):
    statement = read([("运单号", "运费"), (NUMBER, "8"), ("收款账号：6222021234567890", ""),
                      ("开户行: ICBC 0123", "")])
    assert len(statement.lines) == 1
    assert statement.review == ()


def test_an_overview_on_its_own_sheet_tells_the_month(tmp_path: Path):
    from simulators.sheets import xlsx  # noqa: PLC0415 - the only test with two sheets

    path = tmp_path / "bill.xlsx"
    path.write_bytes(xlsx([
        ("总览", [("顺丰速运 对账单",), ("账期", "2026年11月")], ()),
        ("明细", [("运单号码", "日期", "对方地区", "应付金额"),
                  (NUMBER, "11-03", "广州", "8")], ()),
    ]))
    statement = read_statement(path)
    assert (statement.carrier, statement.month) == ("SF", "2026-11")
    assert statement.lines[0].day == "2026-11-03"


def test_an_old_xls_is_read_like_any_other(tmp_path: Path):
    path = tmp_path / "账单.xls"
    path.write_bytes(zlib.decompress(base64.b85decode(XLS)))
    statement = read_statement(path)
    assert (statement.carrier, statement.month, statement.total_fen) == ("STO", "2026-11", 1300)
    assert [(one.waybill_no, one.fee_fen, one.trouble) for one in statement.lines] == [
        (NUMBER, 500, ""), ("773000000000002", 800, "lost")]
