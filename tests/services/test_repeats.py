"""Idempotency keys on both databases: with the change, or not at all."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from station.db.models import Courier
from station.services import repeats
from station.services.repeats import Once, Repeated

ONCE = Once("key", "asked")


def take(session: Any, name: str, *, now: Any) -> str:
    session.add(Courier(carrier="STO", name=name))
    return name


def couriers(shop: Any) -> int:
    return int(shop.read(lambda session: session.query(Courier).count()))


def test_key_and_change_are_there_together_or_not_at_all(shop: Any) -> None:
    def fails(session: Any, *, now: Any) -> None:
        take(session, "小李", now=now)
        session.flush()
        raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        shop.write(repeats.marking(fails, ONCE))
    assert couriers(shop) == 0
    assert shop.read(repeats.known, "key", now=shop.now) is None
    assert shop.write(repeats.marking(take, ONCE), "小李") == "小李"
    assert shop.read(repeats.known, "key", now=shop.now).status == 0


def test_a_second_time_does_nothing(shop: Any) -> None:
    shop.write(repeats.marking(take, ONCE), "小李")
    with pytest.raises(Repeated):
        shop.write(repeats.marking(take, ONCE), "小李")
    assert couriers(shop) == 1


def test_of_many_at_once_one_is_done(shop: Any) -> None:
    done, repeated = [], []

    def tell() -> None:
        try:
            done.append(shop.write(repeats.marking(take, ONCE), "小李"))
        except Repeated:
            repeated.append(1)

    threads = [threading.Thread(target=tell) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(done), len(repeated), couriers(shop)) == (1, 7, 1)


@pytest.mark.fault("F16")
def test_of_two_bodies_under_one_key_at_once_one_is_done_and_the_other_never(shop: Any) -> None:
    for turn in range(4):
        bodies = [Once(f"key{turn}", body) for body in ("50", "60")]
        start, refused = threading.Barrier(2), list[str]()

        def tell(once: Once, start: Any = start, refused: Any = refused) -> None:
            start.wait(60)
            try:
                shop.write(repeats.marking(take, once), once.asked)
            except Repeated:
                refused.append(once.asked)

        threads = [threading.Thread(target=tell, args=(once,)) for once in bodies]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        kept = shop.read(repeats.known, f"key{turn}", now=shop.now).asked
        assert [*refused, kept] in (["50", "60"], ["60", "50"])
    assert couriers(shop) == 4


def test_the_answer_follows_and_comes_back_whole(shop: Any) -> None:
    shop.write(repeats.marking(take, ONCE), "小李")
    shop.write(repeats.answered, ONCE, 303, "text/html", "/staff", b"\x00\xffbody")
    found = shop.read(repeats.known, "key", now=shop.now)
    assert found == repeats.Answer("asked", 303, "text/html", "/staff", b"\x00\xffbody")


def test_a_request_that_changed_nothing_gets_its_row_with_its_answer(shop: Any) -> None:
    shop.write(repeats.answered, ONCE, 200, "application/json", "", b"{}")
    assert shop.read(repeats.known, "key", now=shop.now).status == 200
