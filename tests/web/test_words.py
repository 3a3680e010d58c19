"""Every code of the station has words in both languages, and facts cannot break a sentence."""

from __future__ import annotations

import ast
import inspect
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.interfaces import DeviceState, PaperState, PrinterStatus
from station.domain.cases import CaseKind, CaseMove, CaseState, Party, PieceVerdict
from station.domain.commands import REASONS, Command
from station.domain.messages import MESSAGE_CODES
from station.domain.orders import RefundKind
from station.domain.parcel import ParcelState
from station.domain.refusals import Code, Refusal
from station.domain.rights import Right, Role
from station.domain.screen import DeviceView, Mood, Step, Verdict
from station.domain.vocabulary import CarrierCode, Flag, Message
from station.domain.wishes import CarrierReason
from station.orders.recognise import Kind
from station.orders.taobao_order import Status
from station.services import screens, slip_content
from station.services.screens import TABS
from web import words
from web.views import home
from web.views.bench import STAGES

NEEDED = [
    *MESSAGE_CODES,
    *(str(code) for code in Code),
    *(f"mood.{mood}" for mood in Mood),
    *(f"state.{state}" for state in ParcelState),
    *(f"carrier.{code}" for code in CarrierCode),
    *(f"flag.{flag.value}" for flag in Flag),
    *(f"device_state.{state}" for state in DeviceState),
    *(f"device_help.{state}" for state in DeviceState),
    *(f"device.{state}" for state in PaperState if state is not PaperState.READY),
    *(f"device_help.{state}" for state in PaperState if not PrinterStatus(state).may_print),
    *(f"alarm_help.{code}" for code in set(home.DOORS) - {"archive_waiting", "reveals_many"}),
    *(f"kind.{kind}" for kind in ("scale", "scanner", "printer", "slip_printer", "camera")),
    *(f"scale.{state}" for state in ("ok", "settling", "none")),
    *(f"scale.{code}" for code in Code if code.startswith("weight.")),
    *(f"reason.{reason}" for reason in REASONS),
    *(f"command.{command}" for command in Command),
    *(f"tab.{tab}" for tab in TABS),
    *(f"stage.{stage}" for stage, _ in STAGES),
    *(f"slip_kind.{kind}" for kind in slip_content.kinds()),
    *(f"slip_job.{s}" for s in ("waiting", "sending", "sent", "confirmed", "in_doubt", "void")),
    *(f"slip.goes_to_{place}" for place in ("roll", "label", "none")),
    *(f"job.{s}" for s in ("waiting", "sending", "sent", "confirmed", "in_doubt", "void")),
    *(f"case_kind.{kind}" for kind in CaseKind),
    *(f"case_state.{state}" for state in CaseState),
    *(f"case_move.{move}" for move in CaseMove),
    *(f"history.case_{move}" for move in CaseMove),
    *(f"owes.{party}" for party in Party),
    *(f"verdict.{verdict}" for verdict in PieceVerdict),
    *(f"line.{s}" for s in ("scanned", "agreed", "differs", "accepted", "missing")),
    *(f"why.{reason}" for reason in CarrierReason),
    *(f"kind.{kind}" for kind in RefundKind if kind is not RefundKind.REFUND_CLOSED),
    *(f"role.{role}" for role in Role),
    *(f"right.{right}" for right in Right),
    *(f"http.{status}" for status in (400, 401, 403, 404, 405, 409, 413, 415, 421, 500, 503)),
]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("code", sorted(set(NEEDED)))
def test_every_code_has_words(language: str, code: str) -> None:
    assert words.sentences(language)[code].strip()


def test_both_languages_know_the_same_codes_and_facts() -> None:
    zh, en = words.sentences("zh"), words.sentences("en")
    assert set(zh) == set(en)
    for code in zh:
        assert facts_of(zh[code]) == facts_of(en[code]), code


def recorded(source: str) -> Iterator[str]:
    """The code of each kind of history row that a module writes, as the pages look it up."""
    for call in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)):
        name = getattr(call.func, "id", "")
        if name not in {"record", "_note"} or len(call.args) < 4:
            continue
        chain, kinds = ast.unparse(call.args[1]), texts(call.args[2])
        if name == "_note" and "handover" not in chain:  # a print job's step
            kinds = [f"print_{kind}" for kind in kinds]
        prefix = "handover_history" if "handover" in chain else "history"
        yield from (f"{prefix}.{kind}" for kind in kinds)


def texts(node: ast.expr) -> list[str]:
    """The words that an expression may be: a word, or one word if and another else."""
    if isinstance(node, ast.IfExp):
        return [*texts(node.body), *texts(node.orelse)]
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return [node.value] if is_text else []


def test_everything_that_history_can_hold_has_words() -> None:
    services = Path(inspect.getfile(screens)).parent
    sources = [*services.glob("*.py"), *(services.parent / "bench").glob("*.py")]
    kinds = {kind for path in sources for kind in recorded(path.read_text(encoding="utf-8"))}
    assert {"history.paid", "history.weight_off", "history.print_sent",
            "history.scan_refused", "handover_history.figures"} <= kinds
    assert not {kind for kind in kinds if not words.known(kind)}


def doubted(source: str) -> Iterator[str]:
    """The code of each entry for review that a module writes, as the pages look it up."""
    writers = {"NeedsReview": 0, "_Doubt": 0, "Damaged": 0, "UnclearAddress": 0, "ValueError": 0,
               "review": 0, "fault": 1, "warn": 1}
    for call in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)):
        name = getattr(call.func, "id", "") or getattr(call.func, "attr", "")
        at = writers.get(name, len(call.args))
        codes = texts(call.args[at]) if at < len(call.args) else []
        yield from (f"review.{code}" for code in codes if re.fullmatch(r"[a-z_]+", code))


def test_every_doubt_about_a_file_has_words() -> None:
    services = Path(inspect.getfile(screens)).parent
    sources = [*(services.parent / "orders").glob("*.py"), services / "imports.py",
               services / "tariff_sheets.py"]
    not_rows = {"fields.py", "schema.py", "webhook.py", "package_weight.py"}  # JSON has its own
    codes = {code for path in sources if path.name not in not_rows
             for code in doubted(path.read_text(encoding="utf-8"))}
    assert {"review.no_name", "review.segment_backwards", "review.bad_pin", "review.twice",
            "review.unclear_address", "review.damaged_order_no"} <= codes
    codes |= {"review.check_digit", "review.country", "review.carrier_bill"}
    assert not {code for code in codes if not words.known(code)}


def test_every_outcome_of_an_import_has_words() -> None:
    root = Path(inspect.getfile(screens)).parent.parent
    source = (root / "orders" / "taobao.py").read_text(encoding="utf-8")
    counted = set(re.findall(r'ignored\["(\w+)"\]', source))
    assert {"blank_row", "repeated_line", "line_of_ignored_order"} <= counted
    counted |= {*map(str, Status), "refunded", "nothing_to_ship", "presale_not_paid_up"} - {
        "paid", "partly_shipped"}  # those become orders, or wait for a person
    assert not {name for name in counted if not words.known(f"counts.{name}")}
    kinds = {*get_args(Kind), "taobao", "unknown"}
    assert not {kind for kind in kinds if not words.known(f"import_kind.{kind}")}


def test_a_refusal_inside_a_history_row_is_said_with_its_facts() -> None:
    row = {"why": "item.wrong_size", "code": "6901", "size": "33", "wanted_size": "32"}
    said = words.say(Message("history.item_refused", row))
    assert said.zh == "拒绝：尺码错：拿的是 33，要 32（6901）"
    assert words.say(Message("history.measured", {"mm": 815})).zh == "腰围 81.5 cm"


def test_a_code_that_names_itself_ends() -> None:
    held = {"why": "waybill.held", "state": "waybill.held"}
    assert words.say(Message("waybill.held", held)).zh == "先不要发：先不要发"


def facts_of(sentence: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", sentence))


def test_chinese_is_chinese_and_english_is_not() -> None:
    han = re.compile(r"[\u4e00-\u9fff]")
    names = ("carrier.", "stage.")
    for code, sentence in words.sentences("en").items():
        assert not han.search(sentence), code
    chinese = [c for c in words.sentences("zh") if not c.startswith(names)]
    assert all(han.search(words.sentences("zh")[code]) or not facts_free(code) for code in chinese)


def facts_free(code: str) -> bool:
    return not facts_of(words.sentences("zh")[code])


def test_what_is_spoken_is_short_and_known() -> None:
    for code, sentence in words.sentences("speech").items():
        assert code in words.sentences("zh")
        assert len(sentence) <= 20, code


def test_every_step_has_its_own_part_of_the_page(app: Any) -> None:
    for step in Step:
        app.jinja_env.get_template(f"bench/{step}.html")


def test_facts_are_said_in_their_units() -> None:
    facts: dict[str, str | int] = {"weight_g": 1250, "expected_g": 900, "diff_g": 350}
    said = words.say(Refusal(Code.WEIGHT_OFF, facts))
    assert said.zh == "重量不对：1.250 kg，应是 900 g，差 350 g"
    measured = words.say(Refusal(Code.MEASURE_OFF, {"measured_mm": 835, "wanted_mm": 800}))
    assert "83.5 cm" in measured.en
    money = words.say(Refusal(Code.HANDOVER_IMPLAUSIBLE, {"weight_g": 5, "price_fen": 1250}))
    assert "¥12.50" in money.zh


def test_a_fact_that_is_a_code_is_said_in_words() -> None:
    said = words.say(Refusal(Code.WAYBILL_HELD, {"why": "order.flag_yellow"}))
    assert said.zh == "先不要发：黄旗：现在不能发"
    other = words.say(Refusal(Code.HANDOVER_OTHER_CARRIER, {"carrier": "SF"}))
    assert "顺丰" in other.zh
    assert "SF" in other.en
    by = words.say(Message("history.print_confirmed", {"by": "scan:阿明"}))
    assert by.zh == "面单已确认（扫描确认 阿明）"


def test_a_part_whose_fact_is_missing_is_left_out() -> None:
    assert words.say(Refusal(Code.WAYBILL_UNKNOWN)).zh == "没有这个单号"
    assert words.say(Refusal(Code.ITEM_TOO_MANY)).zh == "多了：… … … 只要 … 件"


def test_a_fact_cannot_bring_sentences_of_its_own() -> None:
    said = words.say(Message("waybill.unknown", {"code": "[{secret}] {code}"}))
    assert said.zh == "没有这个单号：[{secret}] {code}"


def test_a_code_without_words_is_shown_as_it_is() -> None:
    assert words.say("no.such_code").zh == "no.such_code"
    assert not words.known("no.such_code")


@pytest.mark.rule("D4")
def test_mistakes_with_goods_sound_different() -> None:
    codes = (Code.ITEM_WRONG, Code.ITEM_WRONG_SIZE, Code.ITEM_TOO_MANY, Code.ITEM_UNKNOWN)
    sounds = {words.sound_of(Mood.BAD, code) for code in codes}
    assert len(sounds) == 4
    assert words.sound_of(Mood.ALARM, Code.ITEM_WRONG) == "alarm"
    assert words.sound_of(Mood.GOOD, "item.right") == "good"


def test_a_verdict_has_a_sign_beside_its_colour() -> None:
    told = [words.tell(Verdict(mood, Message("item.right", {}), 1)) for mood in Mood]
    assert len({each.icon for each in told}) == len(Mood)
    assert len({each.sign.zh for each in told}) == len(Mood)


FACTS = st.dictionaries(
    st.sampled_from(["code", "item_no", "color", "size", "weight_g", "expected_g", "why", "carrier",
                     "waybill_no", "price_fen", "measured_mm", "state"]),
    st.one_of(st.text(string.printable + "，：[]{}", max_size=20), st.integers(-10**9, 10**9)),
)


@given(st.sampled_from(sorted(set(NEEDED))), FACTS)
def test_no_facts_can_break_a_sentence(code: str, facts: dict[str, str | int]) -> None:
    said = words.say(Message(code, facts))
    assert said.zh
    assert said.en or code == "mood.x"


@pytest.mark.parametrize(("trouble", "said"), [
    ("gone", "线断了或没有电"), ("gone: [Errno 104] reset", "线断了或没有电"), ("jam", "卡纸"),
    ("[Errno 104] Connection reset", "设备出错"),
])
def test_a_devices_own_text_is_not_shown_to_people(trouble: str, said: str) -> None:
    assert words.say(Message("trouble.said", {"trouble": trouble})).zh == said


@pytest.mark.rule("D1")
@pytest.mark.parametrize(("kind", "state", "detail", "says", "helps"), [
    ("printer", "attention", "jam", "卡纸", "拉出卡住的纸"),
    ("printer", "attention", "hot", "太热", "等一分钟"),
    ("printer", "ready", "paper_low", "纸快完了", "备一卷新纸"),
    ("printer", "gone", "gone", "断了", "会接着打"),
    ("scale", "gone", "gone", "断了", "会自己连上"),
    ("scale", "silent", "no_frames", "没有数据", "连续发送"),
    ("camera", "silent", "no_frames", "没有数据", "不拍照也可以接着装"),
    ("scale", "misconfigured", "unreadable", "看不懂", "波特率"),
    ("scanner", "starting", "", "正在连接", "等几秒"),
    ("scanner", "gone", "no_such_detail", "断开了", "把线插好"),
])
def test_what_to_do_about_a_device_fits_what_is_wrong_with_it(
    kind: str, state: str, detail: str, says: str, helps: str
) -> None:
    device = DeviceView(f"1-{kind}", kind, state, detail)
    assert says in words.say(words.device_says(device)).zh
    assert helps in words.say(words.device_help(device)).zh


def test_what_a_sentence_does_not_say_of_a_doubtful_cell_is_shown_beside_it() -> None:
    row = Message("review.twice", {"first": "row 2", "value": "7701", "note": ""})
    assert "row 2" in words.say(row).zh
    assert words.unsaid(row) == ["7701"]
    assert words.unsaid("review.no_such_code") == []
