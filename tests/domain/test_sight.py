"""Who sees what of a buyer, and what his name leaves behind in somebody's words."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from station.domain.parcel import ParcelState
from station.domain.rights import RIGHTS, SEAT, Right, Role, holders
from station.domain.sight import (
    AWAY,
    STARS,
    Known,
    masked_words,
    may_see_pictures,
    may_see_words,
)

AT_WORK = [state for state in ParcelState if state not in AWAY]
BUYER = Known.of(["张测试甲", "13912345678", "tb_canary", ""], ["新华路88号9幢2单元", "甲"])


def test_a_parcel_that_left_or_must_not_leave_is_at_no_bench():
    assert {"handed_over", "void", "stopped"} == AWAY


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("state", ParcelState)
def test_pictures_are_shown_to_who_packs_while_he_does_and_to_nobody_else(
    role: Role, state: ParcelState
):
    packs = role in (Role.PACKER, Role.KEEPER, Role.MANAGER)
    assert may_see_pictures(RIGHTS[role], state) == (packs and state in AT_WORK)


@pytest.mark.parametrize("state", ParcelState)
def test_the_bench_without_a_sign_in_shows_no_picture(state: ParcelState):
    assert not may_see_pictures(SEAT, state)


def test_customer_service_and_managers_reveal_and_nobody_else():
    assert holders(Right.REVEAL) == (Role.SERVICE, Role.MANAGER)


@pytest.mark.parametrize("role", Role)
def test_notes_are_read_while_it_is_packed_and_later_by_who_helps_with_it(role: Role):
    assert all(may_see_words(RIGHTS[role], state) for state in AT_WORK)
    helps = role in (Role.KEEPER, Role.SERVICE, Role.MANAGER)
    assert {may_see_words(RIGHTS[role], state) for state in AWAY} == {helps}


@pytest.mark.parametrize(("said", "shown"), [
    ("张测试甲收，放新华路88号9幢门口", "***收，放***门口"),
    ("电话139-1234-5678或 +86 13912345678", "电话***或 ***"),
    ("打０576也行 0576-86123456", "打０576也行 ***"),
    ("tb_canary 要M码，加急，共3笔", "*** 要M码，加急，共3笔"),
    ("9幢2单元没人", "***没人"),
    ("改成裤长98，腰围82厘米", "改成裤长98，腰围82厘米"),
    ("单号773100000000012，订单2450000000000000001",
     "单号773100000000012，订单2450000000000000001"),
    ("", ""),
])
def test_words_lose_the_buyer_and_keep_what_the_bench_needs(said: str, shown: str):
    assert masked_words(said, BUYER) == shown


WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0*"), max_size=40)
STREET = st.text("新华路城东街道一二三号幢单元0123456789", min_size=4, max_size=24)


@given(WORDS, WORDS, st.text("张王李赵测试甲乙丙", min_size=2, max_size=5), STREET)
def test_wherever_a_name_a_phone_and_a_street_stand_none_is_left(
    before: str, after: str, name: str, street: str
):
    phone = "13912345678"
    assume(before[-1:].isdigit() is False)
    assume(after[:1].isdigit() is False)
    known = Known.of([name, phone], [street])
    said = masked_words(f"{before}{name}，{phone}，{street}{after}", known)
    assert name not in said
    assert phone not in said
    assert street not in said
    assert STARS in said


@given(WORDS)
def test_nobody_known_leaves_words_without_a_phone_as_they_are(words: str):
    assume(not any(char.isdigit() for char in words))
    assert masked_words(words) == words


@given(WORDS, STREET)
def test_masking_again_finds_nothing_more(words: str, street: str):
    known = Known.of(["张三丰"], [street])
    once = masked_words(words + street, known)
    assert masked_words(once, known) == once
