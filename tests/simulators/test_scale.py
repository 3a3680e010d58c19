"""The scale as a device: frames in time, and every fault of its menu."""

from __future__ import annotations

from decimal import Decimal

import pytest

from simulators.pan import Pan
from simulators.scale import SENTENCES, Scale, ScaleFault, dialect_named

DIALECTS = ("toledo_8217", "st_gs", "st_gs_bison", "st_gs_tscale", "yaohua")


@pytest.fixture
def scale() -> Scale:
    """An Excell scale with a settled kilogram."""
    made = Scale(Pan(), dialect_named("st_gs"))
    made.pan.put("box", 1000, 0.0)
    made.speak(100.0)
    return made


def said(scale: Scale, start: float, seconds: float = 1.0) -> list[bytes]:
    """The lines said in that time, asked for ten times a second."""
    steps = round(seconds * 10)
    spoken = b"".join(scale.speak(start + step / 10) for step in range(1, steps + 1))
    return spoken.splitlines(keepends=True)


def test_a_continuous_scale_speaks_about_ten_times_a_second(scale):
    frames = said(scale, 100.0, 5.0)
    assert 48 <= len(frames) <= 52
    assert set(frames) == {b"ST,GS,+001.000kg\r\n"}


def test_frames_that_nobody_fetched_are_not_saved_up(scale):
    assert scale.speak(5000.0).count(b"\r\n") <= 9


def test_each_frame_shows_its_own_moment():
    scale = Scale(Pan(), dialect_named("st_gs"))
    scale.speak(0.0)
    scale.pan.put("box", 1000, 0.0)
    frames = said(scale, 0.0, 3.0)
    assert frames[0].startswith(b"US")
    assert frames[-1] == b"ST,GS,+001.000kg\r\n"
    assert len(set(frames)) > 5


def test_a_toledo_scale_speaks_only_when_asked():
    scale = Scale(Pan(), dialect_named("toledo_8217"))
    scale.pan.put("box", 980, 0.0)
    assert scale.speak(50.0) == b""
    assert scale.hear(b"W", 50.0) == b"\x0200.980\r"


@pytest.mark.parametrize("name", DIALECTS)
def test_every_dialect_has_words_for_a_settled_kilogram(name):
    scale = Scale(Pan(), dialect_named(name))
    scale.pan.put("box", 1000, 0.0)
    frame = scale.dialect.frame(scale.face(50.0))
    assert b"1.000" in frame or b"1000" in frame


def test_an_unknown_dialect_is_refused_by_name():
    with pytest.raises(ValueError, match="no scale dialect 'sics'; known are toledo_8217"):
        dialect_named("sics")


def test_an_unknown_fault_is_refused_by_name(scale):
    with pytest.raises(ValueError, match="no scale fault 'haunted'; known are frozen"):
        scale.set_fault("haunted", on=True, now=0.0)


def test_every_fault_has_a_sentence_in_chinese_and_english():
    assert set(SENTENCES) == set(ScaleFault)
    assert all(" · " in fault.sentence for fault in ScaleFault)
    assert len(ScaleFault) >= 8


def test_frozen_repeats_the_old_value_flagged_stable(scale):
    scale.set_fault("frozen", on=True, now=100.0)
    scale.pan.put("more", 700, 100.5)
    assert set(said(scale, 110.0)) == {b"ST,GS,+001.000kg\r\n"}
    scale.set_fault("frozen", on=False, now=120.0)
    assert said(scale, 120.0)[-1] == b"ST,GS,+001.700kg\r\n"


def test_a_wrong_checksum_spoils_every_yaohua_frame():
    scale = Scale(Pan(), dialect_named("yaohua"))
    scale.speak(0.0)
    scale.set_fault("wrong_checksum", on=True, now=0.0)
    frame = scale.speak(0.1)
    assert len(frame) == 12
    assert frame != b"\x02+00000031A\x03"
    assert sum(a != b for a, b in zip(frame, b"\x02+000000318\x03", strict=True)) == 1


def test_truncated_cuts_every_second_frame_short(scale):
    scale.set_fault("truncated", on=True, now=100.0)
    text = b"".join(scale.speak(100 + step / 10) for step in range(1, 21))
    whole = text.count(b"ST,GS,+001.000kg\r\n")
    assert 5 <= whole <= 11
    assert len(text) < 20 * 18


def test_garbage_stands_between_whole_frames(scale):
    scale.set_fault("garbage", on=True, now=100.0)
    text = b"".join(scale.speak(100 + step / 10) for step in range(1, 11))
    assert text.count(b"ST,GS,+001.000kg\r\n") >= 9
    assert len(text) > 10 * 18


def test_pounds_change_unit_and_number_and_change_back(scale):
    scale.set_fault("pounds", on=True, now=100.0)
    assert said(scale, 100.0)[-1] == b"ST,GS,+002.205lb\r\n"
    scale.set_fault("pounds", on=False, now=110.0)
    assert said(scale, 110.0)[-1] == b"ST,GS,+001.000kg\r\n"


def test_pounds_mean_nothing_to_a_dialect_without_units():
    scale = Scale(Pan(), dialect_named("yaohua"))
    scale.set_fault("pounds", on=True, now=0.0)
    assert scale.speak(1.0)


def test_a_tare_left_on_shows_net_and_negative_when_empty(scale):
    scale.set_fault("tare_left_on", on=True, now=100.0)
    assert said(scale, 100.0)[-1] == b"ST,NT,+000.500kg\r\n"
    scale.pan.clear(102.0)
    assert said(scale, 110.0)[-1] == b"ST,NT,-000.500kg\r\n"


def test_lying_stable_flags_motion_as_rest(scale):
    scale.set_fault("lying_stable", on=True, now=100.0)
    scale.pan.put("more", 500, 100.0)
    frames = said(scale, 100.0)
    assert len(set(frames)) > 2
    assert all(frame.startswith(b"ST") for frame in frames)


def test_never_stable_flags_rest_as_motion(scale):
    scale.set_fault("never_stable", on=True, now=100.0)
    assert set(said(scale, 100.0)) == {b"US,GS,+001.000kg\r\n"}


def test_drift_creeps_with_the_flag_on_stable(scale):
    scale.set_fault("drift", on=True, now=100.0)
    frames = said(scale, 100.0, 5.0)
    assert frames[-1] == b"ST,GS,+001.040kg\r\n"
    assert all(frame.startswith(b"ST") for frame in frames)


def test_silence_says_nothing_and_answers_nothing(scale):
    scale.set_fault("silent", on=True, now=100.0)
    assert said(scale, 100.0) == []
    assert scale.hear(b"RW", 102.0) == b""
    scale.set_fault("silent", on=False, now=105.0)
    assert len(said(scale, 105.0)) >= 9


def test_late_says_everything_a_second_and_a_half_later(scale):
    scale.set_fault("late", on=True, now=100.0)
    assert said(scale, 100.0, 1.4) == []
    assert said(scale, 101.4, 1.0)


def test_negative_overload_half_weight_and_a_lost_sign(scale):
    for fault, frame in [
        ("negative", b"ST,GS,+000.900kg\r\n"),
        ("overload", b"OL,GS,+         \r\n"),
        ("half_weight", b"ST,GS,+000.500kg\r\n"),
    ]:
        scale.set_fault(fault, on=True, now=100.0)
        assert scale.dialect.frame(scale.face(100.0)) == frame
        scale.set_fault(fault, on=False, now=100.0)
    scale.pan.clear(100.0)
    scale.set_fault("negative", on=True, now=100.0)
    assert scale.face(120.0).value == Decimal(-100)
    scale.set_fault("sign_lost", on=True, now=100.0)
    assert scale.face(120.0).value == Decimal(100)


def test_a_power_cycle_is_silent_and_then_calls_the_load_zero(scale):
    scale.power_cycle(100.0)
    assert said(scale, 100.0, 2.8) == []
    assert scale.hear(b"RW", 101.0) == b""
    assert said(scale, 103.0)[-1] == b"ST,GS,+000.000kg\r\n"


def test_the_state_tells_truth_and_display_apart(scale):
    scale.set_fault("half_weight", on=True, now=100.0)
    state = scale.state(100.0)
    assert state["true_grams"] == 1000
    assert state["shown_grams"] == "500"
    assert state["items"] == {"box": 1000}
    assert state["faults"] == ["half_weight"]


@pytest.mark.parametrize("fault", list(ScaleFault))
@pytest.mark.parametrize("name", DIALECTS)
def test_no_fault_stops_any_dialect_from_running(name, fault):
    scale = Scale(Pan(), dialect_named(name))
    scale.set_fault(fault, on=True, now=0.0)
    scale.pan.put("box", 640, 0.5)
    for step in range(40):
        scale.speak(step / 10)
        scale.hear(b"WEhelloF", step / 10)
    scale.set_fault(fault, on=False, now=4.0)
    assert scale.face(60.0).value == 640


def test_a_scale_on_a_wire_is_heard_byte_by_byte(rig, scale):
    bench = rig(scale)
    bench.clock.advance(100)
    bench.call()
    bench.line.faults.split = 1
    bench.after(0.1)
    assert b"GS,+001.000kg" in bench.read(18)


def test_a_toledo_scale_on_a_wire_answers(rig):
    bench = rig(Scale(Pan(), dialect_named("toledo_8217")))
    bench.call()
    bench.send(b"W")
    assert bench.read(8) == b"\x0200.000\r"
