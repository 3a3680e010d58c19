"""A request that is told twice is done once, also when two of one key come at the same moment."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest

from station.db.models import Handover, History, OnceAnswer, Staff

KEY = {"Idempotency-Key": "k-1"}


def count(shop: Any, table: Any, **which: Any) -> int:
    return int(shop.read(lambda session: session.query(table).filter_by(**which).count()))


def test_the_same_request_again_is_answered_alike_and_done_once(
    open_shop: Any, program: Any
) -> None:
    body = {"carrier": "STO"}
    first = program.post("/api/v1/handover", json=body, headers=KEY)
    open_shop.clock.later(minutes=5)
    second = program.post("/api/v1/handover", json=body, headers=KEY)
    assert first.status_code == second.status_code == 200
    assert first.data == second.data
    assert second.headers["Idempotent-Replayed"] == "true"
    assert count(open_shop, Handover) == 1
    assert count(open_shop, History, kind="opened", chain="handover:1") == 1


def test_a_scan_that_is_told_twice_counts_once(open_shop: Any, program: Any) -> None:
    number = open_shop.printed("A1", "JN8801-黑色-32", "JN8801-黑色-32")
    program.post("/api/v1/bench/1/scan", json={"code": number})
    item = f"69{open_shop.skus['JN8801-黑色-32']:011d}"
    answers = [
        program.post("/api/v1/bench/1/scan", json={"code": item}, headers=KEY) for _ in range(3)
    ]
    assert len({answer.data for answer in answers}) == 1
    assert sum(line["packed"] for line in answers[0].json["parcel"]["items"]) == 1
    after = program.post("/api/v1/bench/1/scan", json={"code": item}).json
    assert sum(line["packed"] for line in after["parcel"]["items"]) == 2


def test_a_refused_scan_is_remembered_as_well(open_shop: Any, program: Any) -> None:
    first = program.post("/api/v1/bench/1/scan", json={"code": "nothing"}, headers=KEY)
    again = program.post("/api/v1/bench/1/scan", json={"code": "nothing"}, headers=KEY)
    assert first.json["verdict"] == again.json["verdict"]


def test_the_same_key_with_another_body_is_refused(open_shop: Any, program: Any) -> None:
    program.post("/api/v1/handover", json={"carrier": "STO"}, headers=KEY)
    other = program.post("/api/v1/handover", json={"carrier": "SF"}, headers=KEY)
    assert other.status_code == 422
    assert "新的键" in other.json["error"]["zh"]
    assert count(open_shop, Handover) == 1


def test_keys_belong_to_their_sender_and_their_address(
    open_shop: Any, program: Any, app: Any
) -> None:
    other = app.test_client()
    other.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {open_shop.key_of('second')}"
    first = program.post("/api/v1/handover", json={"carrier": "STO"}, headers=KEY)
    assert other.post("/api/v1/handover", json={"carrier": "SF"}, headers=KEY).status_code == 200
    desk = first.json["desk"]["id"]
    scanned = program.post(f"/api/v1/handover/{desk}/scan", json={"code": "x"}, headers=KEY)
    assert scanned.status_code == 200
    assert "Idempotent-Replayed" not in scanned.headers


@pytest.mark.parametrize("key", ["x" * 129, "schlüssel", "a\tb"])
def test_a_key_that_is_none_is_refused_in_words(open_shop: Any, program: Any, key: str) -> None:
    answer = program.post("/api/v1/handover", json={"carrier": "STO"},
                          headers={"Idempotency-Key": key})
    assert answer.status_code == 400
    assert count(open_shop, Handover) == 0


def test_a_mistake_may_be_mended_under_the_same_key(open_shop: Any, program: Any) -> None:
    assert program.post("/api/v1/handover", json={"carrier": "?"}, headers=KEY).status_code == 400
    assert program.post("/api/v1/handover", json={"carrier": "STO"}, headers=KEY).status_code == 200


def test_an_answer_that_was_lost_is_told_and_nothing_is_done_again(
    open_shop: Any, program: Any
) -> None:
    program.post("/api/v1/handover", json={"carrier": "STO"}, headers=KEY)
    open_shop.station.db.write(
        lambda session: session.query(OnceAnswer).update({"status": 0}))
    again = program.post("/api/v1/handover", json={"carrier": "STO"}, headers=KEY)
    assert again.status_code == 409
    assert again.json["error"]["code"] == "http.once_lost"


def test_a_day_later_a_key_is_new_again_and_old_answers_go(open_shop: Any, program: Any) -> None:
    program.post("/api/v1/handover", json={"carrier": "STO"}, headers=KEY)
    open_shop.clock.later(hours=25)
    answer = program.post("/api/v1/handover", json={"carrier": "STO"}, headers=KEY)
    assert "Idempotent-Replayed" not in answer.headers
    assert count(open_shop, OnceAnswer) == 1


def test_two_of_one_key_at_the_same_moment_are_one(open_shop: Any, app: Any) -> None:
    key, answers = open_shop.key_of("robot"), []

    def tell() -> None:
        client = app.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {key}"
        answers.append(client.post("/api/v1/handover", json={"carrier": "STO"}, headers=KEY))

    threads = [threading.Thread(target=tell) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert count(open_shop, Handover) == 1
    assert count(open_shop, OnceAnswer) == 1


def test_a_form_that_is_sent_twice_takes_somebody_in_once(open_shop: Any, browser: Any) -> None:
    page = browser.text("/staff")
    key = re.findall(r'name="once" value="([^"]+)"', page)
    assert len(set(key)) == len(key) > 1
    new = {"name": "小周", "badge": "88", "role": "keeper", "pin": "1357", "again": "1357"}
    for _ in range(2):
        answer = browser.form("/staff", once=key[-1], **new)
        assert (answer.status_code, answer.location) == (303, "/staff")
    assert count(open_shop, Staff, name="小周") == 1


def test_what_is_kept_of_an_answer_is_sealed(open_shop: Any, program: Any) -> None:
    from sqlalchemy import text  # noqa: PLC0415 - past the models, to the bytes

    program.post("/api/v1/handover", json={"carrier": "STO"}, headers=KEY)
    kept = open_shop.read(
        lambda session: session.execute(text("select answer from once_answer")).scalar())
    assert b"desk" not in bytes(kept)
