"""Which lists a new shop has brought in; on both databases."""

from __future__ import annotations

from typing import Any

from station.services import first_steps


def test_nothing_is_there_before_it_was_brought(shop: Any) -> None:
    there = shop.read(first_steps.brought)
    assert there == first_steps.Brought(
        goods=False, numbers=False, packaging=False, people=there.people, orders=False)


def test_goods_numbers_and_orders_are_seen_once_they_are_there(open_shop: Any) -> None:
    there = open_shop.read(first_steps.brought)
    assert (there.goods, there.numbers, there.orders) == (True, True, False)
    open_shop.pay("A1", "JN8801-黑色-32")
    assert open_shop.read(first_steps.brought).orders
