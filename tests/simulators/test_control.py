"""The control door over HTTP: what it serves, and whom it turns away."""

from __future__ import annotations

import http.client
import io
import json
from urllib.parse import urlsplit

import pytest
from PIL import Image

from simulators.bench import Bench, Plan
from simulators.clock import HandClock
from simulators.control import MAX_BODY, ControlServer


class Client:
    """One plain connection per request, as curl would make it."""

    def __init__(self, url: str) -> None:
        self.port = urlsplit(url).port or 0

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, {"Connection": "close", **(headers or {})})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def get(self, path, **headers):
        status, _, body = self.ask("GET", path, headers=headers)
        return status, body

    def post(self, path, body, **headers):
        kind = {"Content-Type": "application/json", **headers}
        status, _, answer = self.ask("POST", path, json.dumps(body), kind)
        return status, json.loads(answer)


@pytest.fixture
def bench() -> Bench:
    return Bench(Plan(station="http://127.0.0.1:9/<x>"), HandClock())


@pytest.fixture
def client(bench):
    server = ControlServer(bench)
    yield Client(server.start())
    server.stop()


def test_a_hand_reaches_in(client, bench):
    status, answer = client.post("/scale/put", {"item": "box", "grams": 980})
    assert (status, answer["load"]) == (200, 980)
    bench.clock.advance(9)
    status, state = client.get("/state")
    assert status == 200
    assert json.loads(state)["scale"]["shown_grams"] == "980"


def test_refusals_come_as_words(client):
    assert client.post("/scale/remove", {"item": "box"}) == (
        422, {"error": "'box' is not on the pan; on it: nothing"},
    )  # fmt: skip
    status, answer = client.post("/scale/eat", {})
    assert status == 404
    assert "known are scale/put" in answer["error"]
    assert client.get("/nowhere")[0] == 404


def test_a_wrong_tariff_is_refused_and_not_a_crash(client):
    parcels = [{"waybill_no": "1", "grams": 5, "tariff": {"free": True}}]
    status, answer = client.post("/courier/weigh", {"parcels": parcels})
    assert status == 422
    assert "free" in answer["error"]


def test_pages_are_listed_and_shown(client, bench):
    bench.printer.hear(b"\x1dv0\x00\x64\x00\x02\x00" + b"\xf0" * 200 + b"\x0c", 0.0)
    bench.clock.advance(5)
    pages = json.loads(client.get("/printer/pages")[1])
    assert [(page["number"], page["whole"], page["height"]) for page in pages] == [(1, True, 2)]
    status, png = client.get(pages[0]["url"])
    image = Image.open(io.BytesIO(png))
    assert (status, image.size, image.mode) == (200, (800, 2), "1")
    assert client.get("/printer/pages/2.png")[0] == 404
    assert client.get("/printer/pages/0.png")[0] == 404


@pytest.mark.parametrize(
    "path", ["/faults", "/items", "/courier/truth", "/platform/shipped", "/platform/memos",
             "/printer/pages"]
)
def test_every_list_is_json(client, path):
    status, headers, body = client.ask("GET", path)
    assert status == 200
    assert headers["Content-Type"].startswith("application/json")
    json.loads(body)


@pytest.mark.parametrize("path", ["/bench", "/pages/bench.css", "/pages/bench.js"])
def test_the_pages_files_are_served_uncached_and_unsniffed(client, path):
    status, headers, body = client.ask("GET", path)
    assert (status, headers["Cache-Control"]) == (200, "no-store")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert body


def test_the_desk_shows_the_station_beside_the_hands(client):
    page = client.get("/")[1].decode()
    assert 'src="/bench"' in page
    assert '"http://127.0.0.1:9/\\u003cx>"' in page, "a URL cannot close the script"


def test_without_a_station_the_first_page_is_the_bench():
    server = ControlServer(Bench(Plan(), HandClock()))
    client = Client(server.start())
    try:
        assert client.get("/") == client.get("/bench")
    finally:
        server.stop()


@pytest.mark.parametrize(
    "path", ["/pages/../bench.py", "/pages/bench.html", "/pages/..%2fbench.py", "/pages/x.txt"]
)
def test_no_other_file_can_be_fetched(client, path):
    assert client.get(path)[0] == 404


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1", "127.0.0.1:1", "localhost.evil:80", ""]
)
def test_a_foreign_host_name_is_turned_away(client, host):
    assert client.get("/state", Host=host)[0] == 403
    assert client.post("/scale/put", {"item": "x", "grams": 1}, Host=host)[0] == 403


def test_every_name_of_loopback_is_let_in(client):
    for name in ("127.0.0.1", "localhost", "LOCALHOST", "[::1]"):
        assert client.get("/state", Host=f"{name}:{client.port}")[0] == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1:1"])
def test_another_sites_page_is_turned_away(client, bench, origin):
    status, _ = client.post("/scale/put", {"item": "x", "grams": 1}, Origin=origin)
    assert status == 403
    assert bench.scale.pan.load == 0


def test_its_own_page_is_let_in(client):
    own = f"http://127.0.0.1:{client.port}"
    assert client.post("/scale/put", {"item": "x", "grams": 1}, Origin=own)[0] == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
def test_a_form_is_no_json(client, kind):
    assert client.ask("POST", "/mend", "{}", {"Content-Type": kind})[0] == 415


@pytest.mark.parametrize("body", ["{", "[]", "3", '"x"', b"\xff"])
def test_a_body_that_is_no_object_is_refused(client, body):
    status, _, _ = client.ask("POST", "/mend", body, {"Content-Type": "application/json"})
    assert status == 400


def test_an_empty_body_is_an_empty_object(client):
    status, _, _ = client.ask("POST", "/mend", None, {"Content-Type": "application/json"})
    assert status == 200


@pytest.mark.parametrize("length", [str(MAX_BODY + 1), "-1", "many"])
def test_a_body_of_an_absurd_length_is_refused_unread(client, length):
    headers = {"Content-Type": "application/json", "Content-Length": length}
    assert client.ask("POST", "/mend", "", headers)[0] == 413


SHIPPED = {"order_no": "1", "carrier": "STO", "waybill_no": "7", "idempotency_key": "k"}


def test_the_platform_takes_shipped_calls(client, bench):
    assert client.post("/platform/shipped", SHIPPED)[0] == 200
    assert client.post("/platform/shipped", {})[0] == 422
    bench.platform.errors = 1.0
    assert client.post("/platform/shipped", SHIPPED)[0] == 500
    assert json.loads(client.get("/platform/shipped")[1])["1"]["waybill_no"] == "7"


def test_a_lost_answer_closes_the_connection_without_a_word(client, bench):
    bench.platform.lost_answers = 1.0
    with pytest.raises(http.client.RemoteDisconnected):
        client.post("/platform/shipped", SHIPPED)
    assert bench.platform.state()["shipped"] == 1


def test_stopping_twice_is_harmless(bench):
    server = ControlServer(bench)
    server.start()
    server.stop()
    server.stop()


def test_a_server_that_never_started_can_be_stopped(bench):
    ControlServer(bench).stop()
