"""The table of states and moves: complete, reachable, and the only truth about what may happen."""

from __future__ import annotations

import pytest

from station.domain.parcel import (
    ENDED,
    FORWARD,
    MOVES,
    STATES,
    ImpossibleMove,
    Move,
    ParcelState,
    after,
    diagram,
)


def targets(state: ParcelState) -> set[ParcelState]:
    return {target for sources, target, _ in MOVES.values() if state in sources}


def test_every_state_and_every_move_has_its_sentences() -> None:
    assert set(STATES) == set(ParcelState)
    assert set(MOVES) == set(Move)
    for sentence in [*STATES.values(), *(words for _, _, words in MOVES.values())]:
        assert sentence.zh
        assert sentence.en
        assert sentence.zh != sentence.en


def test_every_state_can_be_reached_from_payment() -> None:
    reached, frontier = {ParcelState.WAITING}, [ParcelState.WAITING]
    while frontier:
        fresh = targets(frontier.pop()) - reached
        reached |= fresh
        frontier += fresh
    assert reached == set(ParcelState)


def test_every_parcel_can_come_to_an_end() -> None:
    for state in ParcelState:
        seen, frontier = {state}, [state]
        while frontier:
            fresh = targets(frontier.pop()) - seen
            seen |= fresh
            frontier += fresh
        assert seen & ENDED


@pytest.mark.parametrize("state", list(ParcelState))
@pytest.mark.parametrize("move", list(Move))
def test_a_move_that_the_table_lacks_raises(state: ParcelState, move: Move) -> None:
    sources, target, _ = MOVES[move]
    if state in sources:
        assert after(state, move) is target
    else:
        with pytest.raises(ImpossibleMove, match=f"{state} cannot {move}"):
            after(state, move)


def test_what_has_ended_stays_ended() -> None:
    assert targets(ParcelState.HANDED_OVER) == targets(ParcelState.VOID) == set()


def test_refunds_can_stop_a_parcel_wherever_paper_of_it_exists() -> None:
    stoppable = set(MOVES[Move.STOP][0]) | set(MOVES[Move.CANCEL][0])
    assert stoppable == set(ParcelState) - ENDED


def test_the_way_to_the_courier_is_made_of_forward_moves_only() -> None:
    state = ParcelState.WAITING
    for move in (Move.RESERVE, Move.PRINT, Move.OPEN, Move.COMPLETE, Move.WEIGH, Move.SIGN,
                 Move.HAND_OVER):
        assert move in FORWARD
        state = after(state, move)
    assert state is ParcelState.HANDED_OVER


def test_the_diagram_names_every_move() -> None:
    drawn = diagram()
    for move, (sources, target, _) in MOVES.items():
        for source in sources:
            assert f"{source} --> {target}: {move}" in drawn
