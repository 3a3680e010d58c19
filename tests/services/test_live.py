"""Topics that changed: who listens, who is told what, and who misses it."""

from __future__ import annotations

import queue

from hypothesis import given
from hypothesis import strategies as st

from station.services.live import Hub

TOPICS = st.lists(st.sampled_from(["bench:1", "bench:2", "parcels", "orders"]), max_size=8)


def heard(listener: queue.Queue[str]) -> list[str]:
    found = []
    while not listener.empty():
        found.append(listener.get_nowait())
    return found


@given(told=st.lists(TOPICS, max_size=6), wanted=TOPICS)
def test_a_listener_hears_each_of_its_topics_and_no_other(
    told: list[list[str]], wanted: list[str]
) -> None:
    hub = Hub()
    with hub.listen(*wanted) as some, hub.listen() as everything:
        for topics in told:
            hub.tell(topics)
        all_of_them = [topic for topics in told for topic in dict.fromkeys(topics)]
        assert heard(everything) == all_of_them
        assert heard(some) == [t for t in all_of_them if not wanted or t in wanted]


def test_who_falls_behind_misses_notices_and_holds_up_nobody() -> None:
    hub = Hub()
    with hub.listen("parcels") as slow, hub.listen("bench:1") as other:
        for _ in range(200):
            hub.tell(["parcels", "bench:1"])
            other.get_nowait()
        assert 0 < len(heard(slow)) < 200


def test_who_left_is_told_nothing_more() -> None:
    hub = Hub()
    with hub.listen() as gone:
        pass
    hub.tell(["parcels"])
    assert heard(gone) == []
