"""The table of cases: complete, reachable, every case can end, and somebody always owes a step."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from station.domain.cases import (
    CLAIMABLE,
    ENDED,
    KINDS,
    MOVES,
    STATES,
    UNDER_WAY,
    CaseKind,
    CaseMove,
    CaseState,
    ClaimTerms,
    Party,
    after,
    diagram,
    due,
    may,
    may_come_back,
    moves_of,
    owes,
    trouble_of,
)
from station.domain.parcel import ImpossibleMove

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def test_every_kind_state_and_move_has_its_sentences() -> None:
    assert (set(KINDS), set(STATES), set(MOVES)) == (set(CaseKind), set(CaseState), set(CaseMove))
    said = [*KINDS.values(), *STATES.values(), *(words for _, _, words in MOVES.values())]
    for sentence in said:
        assert sentence.zh
        assert sentence.en
        assert sentence.zh != sentence.en


def test_no_two_states_are_told_by_the_same_words() -> None:
    assert len({said.zh for said in STATES.values()}) == len(STATES)
    assert len({said.en for said in STATES.values()}) == len(STATES)


def reachable(kind: CaseKind, start: CaseState = CaseState.OPEN) -> set[CaseState]:
    seen, frontier = {start}, [start]
    while frontier:
        state = frontier.pop()
        fresh = {after(kind, state, move) for move in moves_of(kind, state)} - seen
        seen |= fresh
        frontier += fresh
    return seen


@pytest.mark.parametrize("kind", CaseKind)
def test_a_case_can_reach_every_state_that_its_kind_has(kind: CaseKind) -> None:
    claims = {CaseState.CLAIMED, CaseState.PROMISED, CaseState.REFUSED}
    assert reachable(kind) == set(CaseState) - (set() if kind in CLAIMABLE else claims)


@pytest.mark.parametrize("kind", CaseKind)
def test_every_case_can_come_to_an_end_from_wherever_it_is(kind: CaseKind) -> None:
    for state in reachable(kind):
        assert reachable(kind, state) & ENDED


@pytest.mark.parametrize("move", CaseMove)
def test_a_move_that_the_table_lacks_raises(move: CaseMove) -> None:
    for kind in CaseKind:
        for state in CaseState:
            if may(kind, state, move):
                assert after(kind, state, move) is MOVES[move][1]
                continue
            with pytest.raises(ImpossibleMove, match=f"{state} cannot {move}"):
                after(kind, state, move)


def test_what_has_ended_goes_on_only_when_it_is_opened_again() -> None:
    for kind in CaseKind:
        for state in ENDED:
            assert moves_of(kind, state) == (CaseMove.REOPEN,)


@pytest.mark.rule("D8")
def test_no_carrier_is_asked_to_pay_for_what_the_shop_did() -> None:
    for kind in (CaseKind.PACKING_DAMAGE, CaseKind.WRONG, CaseKind.RETURN, CaseKind.EXCHANGE):
        assert not any(may(kind, state, CaseMove.CLAIM) for state in CaseState)


@pytest.mark.parametrize("state", CaseState)
def test_somebody_owes_the_next_step_until_the_case_has_ended(state: CaseState) -> None:
    for kind in CaseKind:
        assert (owes(kind, state) is Party.NOBODY) == (state in ENDED)


def test_goods_on_the_way_back_are_owed_by_whoever_brings_them() -> None:
    assert owes(CaseKind.RETURN, CaseState.COMING) is Party.BUYER
    assert owes(CaseKind.UNREACHABLE, CaseState.COMING) is Party.CARRIER
    assert owes(CaseKind.LOST, CaseState.CLAIMED) is Party.CARRIER
    assert owes(CaseKind.RETURN, CaseState.AT_SUPPLIER) is Party.SUPPLIER


# --- Deadlines ------------------------------------------------------------------------------------


def when(kind: CaseKind, state: CaseState, since: datetime = NOON, **facts: object) -> datetime:
    given_: dict[str, object] = {"gone_at": NOON, "terms": ClaimTerms(), **facts}
    found = due(kind, state, since=since, **given_)  # type: ignore[arg-type]
    assert found is not None
    return found


@pytest.mark.rule("D8")
def test_a_complaint_is_answered_within_the_days_that_this_carrier_has() -> None:
    assert when(CaseKind.LOST, CaseState.CLAIMED) == NOON + timedelta(days=7)
    slow = ClaimTerms(answer_days=30)
    assert when(CaseKind.LOST, CaseState.CLAIMED, terms=slow) == NOON + timedelta(days=30)


@pytest.mark.rule("D8")
def test_a_parcel_counts_as_lost_some_days_after_it_left() -> None:
    early = NOON + timedelta(days=3)
    assert when(CaseKind.LOST, CaseState.OPEN, early) == NOON + timedelta(days=10)
    late = NOON + timedelta(days=12)
    assert when(CaseKind.LOST, CaseState.OPEN, late) == late + timedelta(days=1)
    quick = ClaimTerms(lost_days=5)
    assert when(CaseKind.LOST, CaseState.OPEN, early, terms=quick) == NOON + timedelta(days=5)


def test_a_parcel_that_is_called_back_cannot_wait_for_two_days() -> None:
    assert when(CaseKind.INTERCEPTED, CaseState.OPEN) == NOON + timedelta(days=1)


@given(kind=st.sampled_from(CaseKind), state=st.sampled_from(CaseState),
       answer=st.integers(1, 90), lost=st.integers(1, 365), ago=st.integers(0, 400))
def test_a_deadline_lies_ahead_and_only_an_ended_case_has_none(
    kind: CaseKind, state: CaseState, answer: int, lost: int, ago: int
) -> None:
    found = due(kind, state, since=NOON, gone_at=NOON - timedelta(days=ago),
                terms=ClaimTerms(answer, lost))
    assert (found is None) == (state in ENDED)
    assert found is None or found >= NOON + timedelta(days=1)


# --- The bill, the pieces, the picture ------------------------------------------------------------


@pytest.mark.rule("D9")
def test_the_bill_hears_of_what_the_carrier_answers_for_alone() -> None:
    told = {kind: trouble_of(kind) for kind in CaseKind if trouble_of(kind)}
    assert told == {CaseKind.LOST: "lost", CaseKind.CARRIER_DAMAGE: "damaged",
                    CaseKind.UNREACHABLE: "unreachable"}
    assert trouble_of(CaseKind.INTERCEPTED, back=True) == "returned"


@given(shipped=st.dictionaries(st.integers(1, 5), st.integers(0, 3)),
       scans=st.lists(st.integers(1, 6), max_size=30))
def test_never_more_pieces_come_back_than_left(shipped: dict[int, int], scans: list[int]) -> None:
    back: dict[int, int] = {}
    for sku in scans:
        why = may_come_back(shipped, back, sku)
        assert (why == "not_in_parcel") == (not shipped.get(sku))
        if not why:
            back[sku] = back.get(sku, 0) + 1
        assert back.get(sku, 0) <= shipped.get(sku, 0)


def test_the_diagram_names_every_move() -> None:
    drawn = diagram()
    for move, (sources, target, _) in MOVES.items():
        for source in sources:
            assert f"{source} --> {target}: {move}" in drawn


class AnyCase(RuleBasedStateMachine):
    """A case of any kind, taken through any moves: it obeys the table and never gets stuck."""

    def __init__(self) -> None:
        super().__init__()
        self.kind, self.state, self.ended_by = CaseKind.LOST, CaseState.OPEN, None

    @rule(kind=st.sampled_from(CaseKind))
    def open_anew(self, kind: CaseKind) -> None:
        self.kind, self.state = kind, CaseState.OPEN

    @rule(move=st.sampled_from(CaseMove))
    def go(self, move: CaseMove) -> None:
        before = self.state
        try:
            self.state = after(self.kind, before, move)
        except ImpossibleMove:
            assert before not in MOVES[move][0] or self.kind not in CLAIMABLE
        else:
            assert before in MOVES[move][0]

    @invariant()
    def it_is_under_way_or_ended(self) -> None:
        assert (self.state in UNDER_WAY) != (self.state in ENDED)

    @invariant()
    def it_can_always_go_on(self) -> None:
        assert moves_of(self.kind, self.state)


TestAnyCase = AnyCase.TestCase
