"""The ladder: what it reads, what it refuses, which code it picks, and how long it may take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.camera.reader import (
    MOST_PIXELS,
    Code,
    Look,
    Reader,
    accepts,
    is_plausible,
    is_readable,
)
from drivers.camera.steps import LADDER, Picture, Read, Step, read_zbar, read_zxing
from simulators.camera import Optics
from simulators.snapshots import Snapshot

WAYBILL = "773112345678901"
ARTICLE = "6901234567892"
QR = "https://example.invalid/t/773112345678901"
UNHURRIED = 1e9


def reader(budget_ms: float = UNHURRIED) -> Reader:
    return Reader(budget_ms=budget_ms)


# --- recall on the seeded album -----------------------------------------------------------------


@pytest.fixture(scope="module")
def looks(pictures: list[Snapshot]) -> list[tuple[Snapshot, Look]]:
    """Every picture of the album, looked at with the album's own codes expected."""
    expected = {one.text for one in pictures if one.text}
    ours = reader()
    return [(one, ours.look(one.seen, expected)) for one in pictures]


def recall(found: Sequence[tuple[Snapshot, Any]]) -> float:
    coded = [(one, texts) for one, texts in found if one.text]
    return sum(one.text in texts for one, texts in coded) / len(coded)


def alone(pictures: list[Snapshot], decode: Callable[[Any], list[Read]]) -> float:
    return recall([(one, [read[0] for read in decode(one.seen)]) for one in pictures])


def test_the_ladder_reads_far_more_than_either_decoder_alone(
    pictures: list[Snapshot], looks: list[tuple[Snapshot, Look]]
) -> None:
    ours = recall([(one, look.texts) for one, look in looks])
    zbar = alone(pictures, read_zbar)
    zxing = alone(pictures, lambda seen: read_zxing(seen, turned=True, thorough=True))
    assert ours >= 0.85
    assert ours >= max(zbar, zxing) + 0.25


def test_no_misread_is_accepted_where_codes_are_expected(
    looks: list[tuple[Snapshot, Look]]
) -> None:
    wrong = [(one.number, text) for one, look in looks for text in look.texts if text != one.text]
    assert wrong == []


def test_several_steps_have_their_share_and_the_first_the_most(
    looks: list[tuple[Snapshot, Look]]
) -> None:
    by_step = Counter(look.best.step for _, look in looks if look.best is not None)
    assert by_step["quick"] >= 10
    assert by_step["regions"] >= 10
    assert len(by_step) >= 3


def test_an_empty_page_gives_nothing_even_when_anything_counts(pictures: list[Snapshot]) -> None:
    ours = reader()
    without = [one for one in pictures if not one.text]
    assert len(without) >= 5
    assert [ours.look(one.seen).texts for one in without] == [[] for _ in without]


# --- what is read -------------------------------------------------------------------------------


@pytest.mark.parametrize(("symbology", "text", "aim"), [
    ("code128", WAYBILL, "]C0"), ("ean13", ARTICLE, "]E0"), ("ean8", "96385074", "]E4"),
    ("code39", "K123456-78", "]A0"), ("qr", QR, "]Q1"), ("datamatrix", WAYBILL, "]d1"),
])
def test_every_symbology_is_read_and_named(
    draw: Callable[..., Any], symbology: str, text: str, aim: str
) -> None:
    (code,) = reader().look(draw((symbology, text))).codes
    assert (code.text, code.symbology, code.aim) == (text, symbology, aim)


@pytest.mark.parametrize("turn", range(0, 360, 15))
def test_a_label_may_lie_in_any_direction(draw: Callable[..., Any], turn: int) -> None:
    seen = draw(("code128", WAYBILL), turn=turn, optics=Optics(noise=3))
    assert reader().look(seen).texts == [WAYBILL]


@pytest.mark.parametrize("optics", [
    Optics(light=0.05, noise=1), Optics(noise=45), Optics(blur=1.2), Optics(motion=2.2),
    Optics(slope=0.9, noise=2),
], ids=["dark", "noisy", "out of focus", "moving", "lit from one side"])
def test_a_label_may_be_hard_to_see(draw: Callable[..., Any], optics: Optics) -> None:
    assert reader().look(draw(("code128", WAYBILL), optics=optics)).texts == [WAYBILL]


@pytest.mark.parametrize(("symbology", "text"), [("code128", WAYBILL), ("qr", QR)])
def test_light_on_dark_ground_is_read(
    draw: Callable[..., Any], symbology: str, text: str
) -> None:
    assert reader().look(255 - draw((symbology, text))).texts == [text]


def test_a_gs1_code_keeps_its_separators_and_says_that_it_is_one() -> None:
    import zxingcpp  # noqa: PLC0415 - the writer is this test's alone

    code = zxingcpp.create_barcode("(10)AB12(21)77", zxingcpp.BarcodeFormat.Code128, gs1=True)
    drawn = np.pad(np.asarray(code.to_image(scale=3)), 60, constant_values=255)
    (found,) = reader().look(drawn).codes
    assert found.aim == "]C1"
    assert found.text == "10AB12\x1d2177"


def test_a_upc_article_has_thirteen_digits_as_from_a_scanner() -> None:
    import zxingcpp  # noqa: PLC0415 - the writer is this test's alone

    code = zxingcpp.create_barcode("036000291452", zxingcpp.BarcodeFormat.UPCA)
    drawn = np.pad(np.asarray(code.to_image(scale=3)), 60, constant_values=255)
    assert reader().look(drawn).texts == ["0036000291452"]


def test_a_code_is_placed_where_it_lies(draw: Callable[..., Any]) -> None:
    (code,) = reader().look(draw(("code128", WAYBILL), scale=0.4)).codes
    assert code.middle == pytest.approx((320, 240), abs=12)
    assert len(code.corners) == 4


@pytest.mark.parametrize("step", [step for step in LADDER if step.name != "sharpened"],
                         ids=lambda step: step.name)
def test_every_step_places_a_turned_code_rightly(draw: Callable[..., Any], step: Step) -> None:
    seen = draw(("ean13", ARTICLE), turn=4, scale=0.7)
    found = [read for reads in step.look(Picture(seen)) for read in reads]
    assert ARTICLE in {text for text, *_ in found}
    for text, _, _, corners in found:
        if text == ARTICLE:
            middle = np.mean(corners, axis=0)
            assert middle == pytest.approx((320, 240), abs=40)


# --- which code is picked -----------------------------------------------------------------------


@pytest.mark.pain("34")
def test_the_waybill_is_picked_among_the_codes_of_a_label(draw: Callable[..., Any]) -> None:
    seen = draw(("ean13", ARTICLE), ("code128", WAYBILL), scale=0.4)
    look = reader().look(seen, {WAYBILL})
    assert look.texts == [WAYBILL]
    assert {code.text for code in look.strangers} <= {ARTICLE}


@pytest.mark.pain("34")
def test_a_square_code_beside_the_bars_does_not_win(draw: Callable[..., Any]) -> None:
    seen = draw(("qr", QR), ("code128", WAYBILL), scale=0.35)
    look = reader().look(seen, lambda text: text.startswith("77") and len(text) == 15)
    assert look.texts == [WAYBILL]


def test_the_nearest_to_the_middle_is_the_best_of_several(draw: Callable[..., Any]) -> None:
    texts = ["773000000000001", "773000000000002", "773000000000003"]
    seen = draw(*(("code128", text) for text in texts), scale=0.3)
    look = reader().look(seen, set(texts))
    assert look.best is not None
    assert look.best.text == texts[1]


def test_a_known_code_does_not_end_the_search(draw: Callable[..., Any]) -> None:
    seen = draw(("code128", WAYBILL), turn=0, scale=0.4)
    look = reader().look(seen, {WAYBILL}, known={WAYBILL})
    assert look.texts == [WAYBILL]
    assert look.steps[-1] == LADDER[-1].name


def test_a_code_counts_once_whatever_the_number_of_steps_that_read_it(label: Any) -> None:
    assert len(reader().look(label, {WAYBILL}, known={WAYBILL}).codes) == 1


def test_a_code_that_is_not_expected_is_a_stranger(label: Any) -> None:
    look = reader().look(label, {"another"})
    assert look.best is None
    assert [code.text for code in look.strangers] == [WAYBILL]


# --- what is accepted ---------------------------------------------------------------------------


def test_expected_may_be_a_set_a_test_or_nothing() -> None:
    assert accepts({"77"})("77")
    assert not accepts({"77"})("78")
    assert accepts(lambda text: text.isdigit())("78")
    assert not accepts(["77"])("7")
    assert accepts(None)("7788")
    assert not accepts(None)("778")


@given(st.text(max_size=20))
def test_a_control_character_is_never_accepted(text: str) -> None:
    damaged = text + "\r" + text
    assert not accepts(lambda _: True)(damaged)
    assert not accepts({damaged})(damaged)
    assert not accepts(None)(damaged)


def test_the_gs1_separator_is_no_damage() -> None:
    assert is_readable("10AB\x1d21")
    assert not is_readable("")
    assert is_readable("7")
    assert is_readable("7" * 4096)
    assert not is_readable("7" * 4097)
    assert is_plausible("笔记本电脑")


# --- the picture --------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [
    np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4), np.float32), np.zeros((0, 4), np.uint8),
])
def test_only_a_grey_picture_is_looked_at(wrong: Any) -> None:
    with pytest.raises(ValueError, match="a grey picture of bytes is wanted, not"):
        reader().look(wrong)


@pytest.mark.parametrize("size", [(1, 1), (1, 400), (400, 1), (3, 3), (17, 9)])
def test_a_tiny_picture_is_merely_empty(size: tuple[int, int]) -> None:
    for level in (0, 128, 255):
        assert reader().look(np.full(size, level, np.uint8)).texts == []


def test_chance_alone_is_no_code() -> None:
    chance = np.random.default_rng(3)
    for _ in range(3):
        assert reader().look(chance.integers(0, 256, (240, 320), np.uint8)).texts == []


def test_a_part_of_a_larger_picture_may_be_given(label: Any) -> None:
    assert reader().look(np.repeat(label, 2, axis=1)[:, ::2]).texts == [WAYBILL]


def test_a_huge_picture_is_made_smaller_and_codes_stay_in_place(draw: Callable[..., Any]) -> None:
    seen = draw(("code128", WAYBILL), scale=1.5, size=(2400, 1800))
    assert seen.size > MOST_PIXELS
    (code,) = reader().look(seen).codes
    assert code.middle == pytest.approx((1200, 900), abs=40)


# --- the budget ---------------------------------------------------------------------------------


def dear(name: str, clock: Any, costs: Sequence[float], text: str = "") -> Step:
    """A step whose pieces take so many seconds; the last of them reads ``text``."""
    def look(_: Picture) -> Iterator[Sequence[Read]]:
        for number, cost in enumerate(costs):
            clock.pass_by(cost)
            last = number == len(costs) - 1
            yield [(text, "code128", "]C0", ((0, 0),) * 4)] if text and last else []
    return Step(name, look)


def test_a_look_ends_with_its_budget(clock: Any, empty: Any) -> None:
    steps = [dear(f"step {number}", clock, [0.010]) for number in range(20)]
    ours = Reader(steps=steps, budget_ms=45, clock=clock)
    for _ in range(5):
        look = ours.look(empty)
        assert look.cut_short
        assert look.took_ms <= 55, "one piece may be misjudged"


def test_within_its_budget_a_look_climbs_to_the_top(clock: Any, empty: Any) -> None:
    steps = [dear(f"step {number}", clock, [0.001]) for number in range(20)]
    look = Reader(steps=steps, budget_ms=45, clock=clock).look(empty)
    assert look.steps == [step.name for step in steps]
    assert not look.cut_short


def test_a_step_known_to_be_dear_is_left_out_and_the_cheaper_ones_after_it_are_not(
    clock: Any, empty: Any
) -> None:
    steps = [dear("cheap", clock, [0.001]), dear("dear", clock, [0.080]),
             dear("last", clock, [0.001], WAYBILL)]
    ours = Reader(steps=steps, budget_ms=40, clock=clock)
    assert ours.look(empty).texts == [], "the first time it cannot be known"
    second = ours.look(empty)
    assert second.steps == ["cheap", "last"]
    assert second.texts == [WAYBILL]
    assert second.took_ms == pytest.approx(2)


def test_the_worst_case_over_many_looks_is_the_budget_but_for_the_first(
    clock: Any, empty: Any
) -> None:
    steps = [dear(f"step {number}", clock, [0.004, 0.012]) for number in range(6)]
    ours = Reader(steps=steps, budget_ms=30, clock=clock)
    ours.look(empty)
    assert max(ours.look(empty).took_ms for _ in range(50)) <= 30 + 12


def test_a_step_that_had_one_bad_moment_is_tried_again(clock: Any, empty: Any) -> None:
    costs = iter([0.001, 5.0, *[0.001] * 200])

    def look(_: Picture) -> Iterator[Sequence[Read]]:
        clock.pass_by(next(costs))
        yield [(WAYBILL, "code128", "]C0", ((0, 0),) * 4)]

    steps = [dear("cheap", clock, [0.001]), Step("moody", look)]
    ours = Reader(steps=steps, budget_ms=40, clock=clock)
    read = [bool(ours.look(empty).texts) for _ in range(40)]
    # Thought to cost four budgets and a tenth less after each look: 160 ms to 39 in 14 looks.
    assert read == [True, True, *[False] * 14, *[True] * 24]


def test_a_piece_is_begun_if_it_ends_with_the_budget_and_none_when_it_is_over(
    clock: Any, empty: Any
) -> None:
    piece = 1 / 128  # seconds, which add up without any rounding
    steps = [dear(f"step {number}", clock, [piece]) for number in range(9)]
    ours = Reader(steps=steps, budget_ms=4000 * piece, clock=clock)
    for _ in range(3):
        look = ours.look(empty)
        assert (len(look.steps), look.took_ms, look.cut_short) == (4, 4000 * piece, True)


def test_a_look_has_forty_milliseconds_if_nothing_else_is_said(clock: Any, empty: Any) -> None:
    steps = [dear(f"step {number}", clock, [0.0102]) for number in range(9)]
    assert len(Reader(steps=steps, clock=clock).look(empty).steps) == 4


@pytest.mark.parametrize(("budget", "is_tried"), [(7.4, True), (7.35, False)])
def test_what_a_step_cost_is_forgotten_by_a_tenth_each_time(
    budget: float, is_tried: bool, clock: Any, empty: Any
) -> None:
    costs = iter([0.010, 0.001, 0.001])

    def look(_: Picture) -> Iterator[Sequence[Read]]:
        clock.pass_by(next(costs))
        yield []

    ours = Reader(steps=[dear("free", clock, [0.0]), Step("dear", look)], clock=clock)
    for _ in range(2):
        ours.look(empty)
    found = ours.look(empty, budget_ms=budget)
    # 10 ms were 9 when the step had ended, 8.2 after its next piece, and 7.38 at its end.
    assert ("dear" in found.steps) is is_tried


def placed(*middles: tuple[float, float]) -> Step:
    """A step that reads a code at each place."""
    def look(_: Picture) -> Iterator[Sequence[Read]]:
        yield [(f"{x:g} {y:g}", "code128", "", ((x - 9, y - 4), (x + 9, y - 4), (x + 9, y + 4),
                                                (x - 9, y + 4))) for x, y in middles]
    return Step("placed", look)


def test_codes_are_sorted_by_their_way_to_the_middle_of_the_picture(clock: Any) -> None:
    places = [(30.0, 200.0), (100.0, 200.0), (50.0, 140.0), (50.0, 390.0), (50.0, 200.0)]
    ours = Reader(steps=[placed(*places)], clock=clock)
    found = ours.look(np.zeros((400, 100), np.uint8))
    assert [code.middle for code in found.codes] == [
        (50, 200), (30, 200), (100, 200), (50, 140), (50, 390)]
    assert found.best is found.codes[0]


@pytest.mark.parametrize(("shape", "scale"), [((1000, 2100), 1.0), ((2000, 4200), 2.0)])
def test_full_hd_is_looked_at_as_it_is_and_more_is_made_smaller(
    shape: tuple[int, int], scale: float, clock: Any
) -> None:
    seen: list[tuple[int, ...]] = []

    def look(picture: Picture) -> Iterator[Sequence[Read]]:
        seen.append(picture.grey.shape)
        yield [(WAYBILL, "code128", "", ((10, 20), (30, 20), (30, 40), (10, 40)))]

    (code,) = Reader(steps=[Step("one", look)], clock=clock).look(np.zeros(shape, np.uint8)).codes
    assert seen == [(1000, 2100)]
    assert code.middle == (20 * scale, 30 * scale)


def test_the_first_step_is_taken_however_dear_it_is(clock: Any, empty: Any) -> None:
    ours = Reader(steps=[dear("only", clock, [0.2], WAYBILL)], budget_ms=10, clock=clock)
    assert [ours.look(empty).texts for _ in range(3)] == [[WAYBILL]] * 3


def test_a_look_may_have_a_budget_of_its_own(clock: Any, empty: Any) -> None:
    steps = [dear(f"step {number}", clock, [0.010]) for number in range(20)]
    ours = Reader(steps=steps, budget_ms=1000, clock=clock)
    assert not ours.look(empty).cut_short
    assert ours.look(empty, budget_ms=25).took_ms <= 35


def test_a_hit_ends_the_look_in_the_middle_of_a_step(clock: Any, empty: Any) -> None:
    def look(_: Picture) -> Iterator[Sequence[Read]]:
        yield [(WAYBILL, "code128", "", ((0, 0),) * 4)]
        raise AssertionError("nobody asked for more")

    look_found = Reader(steps=[Step("one", look)], clock=clock).look(empty)
    assert look_found.codes == [Code(WAYBILL, "code128", "]C0", ((0.0, 0.0),) * 4, "one")]
