"""JPEG pictures over HTTP: any chunking, any camera's habits, and the newest one only."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.camera.mjpeg import JpegStream, open_mjpeg
from drivers.camera.sources import NEW
from drivers.interfaces import DeviceError, DeviceGone, PortRefused
from simulators.camera import jpeg, picture

HEAD = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace\r\n\r\n"


def part(picture_bytes: bytes) -> bytes:
    return b"--cut\r\nContent-Type: image/jpeg\r\n\r\n" + picture_bytes + b"\r\n"


def small(level: int) -> bytes:
    """A stand-in with JPEG's marks and no mark inside."""
    return b"\xff\xd8" + bytes([level]) * 9 + b"\xff\xd9"


# --- the stream ---------------------------------------------------------------------------------


@given(st.lists(st.integers(1, 200), max_size=12), st.lists(st.integers(1, 40), min_size=1))
def test_any_chunking_gives_the_same_pictures(levels: list[int], sizes: list[int]) -> None:
    data = b"".join(part(small(level)) for level in levels)
    stream, at, found = JpegStream(), 0, []
    turn = 0
    while at < len(data):
        size = sizes[turn % len(sizes)]
        if stream.feed(data[at : at + size]) == 1:
            found.append(stream.newest)
        at, turn = at + size, turn + 1
    assert stream.pictures == len(levels)
    if max(sizes) < 13:
        assert found == [small(level) for level in levels]


def test_only_the_newest_of_several_is_kept() -> None:
    stream = JpegStream()
    assert stream.feed(part(small(1)) + part(small(2)) + part(small(3))) == 3
    assert stream.newest == small(3)


def test_a_picture_that_was_cut_off_does_not_spoil_the_next() -> None:
    stream = JpegStream()
    assert stream.feed(part(small(1)[:6]) + part(small(2))) == 1
    assert stream.newest == small(2)


def test_a_picture_that_was_cut_off_behind_its_first_mark_does_not_either() -> None:
    stream = JpegStream()
    assert stream.feed(b"\xff\xd8" + small(2) + small(3)[:2] + small(4)) == 2
    assert stream.newest == small(4)


def test_pictures_may_follow_each_other_with_nothing_between() -> None:
    stream = JpegStream()
    assert stream.feed(small(1) + b"\xff\xd8\xff\xd9" + small(2)) == 3
    assert stream.newest == small(2)


@pytest.mark.parametrize(("more", "pictures"), [(0, 1), (1, 0)])
def test_a_picture_of_eight_megabytes_is_the_largest(more: int, pictures: int) -> None:
    stream = JpegStream()
    stream.feed(b"\xff\xd8" + bytes((8 << 20) - 2 + more))
    assert stream.feed(b"\xff\xd9") == pictures


@given(st.binary(max_size=3000))
def test_what_is_no_picture_is_dropped(data: bytes) -> None:
    stream = JpegStream(largest=1000)
    for at in range(0, len(data), 100):
        stream.feed(data[at : at + 100])
        assert len(stream._buffer) <= 1000
    stream.feed(b"\x00" * 1001)  # whatever had begun has now become too long
    assert stream.feed(small(7)) == 1
    assert stream.newest == small(7)


def test_a_picture_without_end_does_not_fill_the_memory() -> None:
    stream = JpegStream(largest=10_000)
    stream.feed(b"\xff\xd8")
    for _ in range(50):
        stream.feed(b"\x11" * 1000)
    assert len(stream._buffer) <= 11_000


def test_a_real_picture_is_found_whole() -> None:
    data = jpeg(picture([], size=(160, 120)))
    stream = JpegStream()
    assert stream.feed(part(data)) == 1
    assert stream.newest == data


# --- the connection -----------------------------------------------------------------------------


Serve = Callable[..., str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Answer one connection with these bytes, then keep it open or hang up: gives its address."""
    ends: list[Callable[[], None]] = []

    def start(
        answer: bytes, *, hang_up: bool = False, asked: list[bytes] | None = None,
        later: Sequence[tuple[threading.Event, bytes]] = (),
    ) -> str:
        server = socket.create_server(("127.0.0.1", 0))
        stop = threading.Event()

        def one() -> None:
            with contextlib.suppress(OSError):
                peer, _ = server.accept()
                with peer:
                    question = peer.recv(65536)
                    if asked is not None:
                        asked.append(question)
                    peer.sendall(answer)
                    for moment, piece in later:
                        moment.wait(60)
                        peer.sendall(piece)
                    if not hang_up:
                        stop.wait(60)

        held = threading.Thread(target=one, daemon=True)

        def end() -> None:
            stop.set()
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            server.close()
            held.join(60)

        held.start()
        ends.append(end)
        return f"127.0.0.1:{server.getsockname()[1]}"

    yield start
    for end in ends:
        end()


def test_pictures_come_out_of_a_stream(serve: Serve) -> None:
    data = jpeg(picture([], size=(160, 120)))
    eye = open_mjpeg(f"http://{serve(HEAD + part(data) + part(data))}/video", "camera")
    try:
        while eye.read_some() != NEW:
            pass
        taken = eye.take()
        assert taken is not None
        assert taken.shape == (120, 160, 3)
    finally:
        eye.close()


def test_a_picture_that_came_with_the_answers_head_is_new(serve: Serve) -> None:
    data = jpeg(picture([], size=(64, 48)))
    eye = open_mjpeg(f"http://{serve(b'HTTP/1.0 200' + HEAD[15:] + part(data))}/", "camera")
    reads = [eye.read_some() for _ in range(2)]
    eye.close()
    assert reads == [NEW, b""]


def test_a_picture_is_new_once_it_has_come_whole(serve: Serve) -> None:
    data = part(jpeg(picture([], size=(64, 48))))
    pieces = [(threading.Event(), piece) for piece in (data[:99], data[99:])]
    eye = open_mjpeg(f"http://{serve(HEAD, later=pieces)}/", "camera")
    assert eye.read_some() == b""
    pieces[0][0].set()
    while not eye._stream._buffer:
        assert eye.read_some() == b"", "a part of one is nothing yet"
    pieces[1][0].set()
    while (read := eye.read_some()) == b"":
        pass
    taken = eye.take()
    eye.close()
    assert read == NEW
    assert taken is not None


def test_a_camera_has_four_seconds_to_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def connect(*how: object) -> socket.socket:
        asked.append(how)
        raise OSError("nobody")

    monkeypatch.setattr(socket, "create_connection", connect)
    for where in ("192.0.2.1", "192.0.2.1:8080"):
        with pytest.raises(DeviceGone, match="nobody answers"):
            open_mjpeg(f"http://{where}/", "camera")
    assert asked == [(("192.0.2.1", 80), 4.0), (("192.0.2.1", 8080), 4.0)]


def test_the_question_is_plain_and_carries_the_password_in_its_head(serve: Serve) -> None:
    asked: list[bytes] = []
    where = serve(HEAD, asked=asked)
    open_mjpeg(f"http://ad%40min:ge%3Aheim@{where}/video?fps=5", "camera").close()
    lines = asked[0].decode().split("\r\n")
    assert lines[0] == "GET /video?fps=5 HTTP/1.0"
    assert f"Host: {where}" in lines
    assert "Authorization: Basic YWRAbWluOmdlOmhlaW0=" in lines


def test_without_a_user_no_password_is_sent(serve: Serve) -> None:
    asked: list[bytes] = []
    open_mjpeg(f"http://{serve(HEAD, asked=asked)}", "camera").close()
    assert asked[0].startswith(b"GET / HTTP/1.0\r\n")
    assert b"Authorization" not in asked[0]


@pytest.mark.parametrize(("answer", "error", "words"), [
    (b"HTTP/1.1 401 Unauthorized\r\n\r\n", PortRefused, "it wants a user and password"),
    (b"HTTP/1.1 403 Forbidden\r\n\r\n", PortRefused, "it refuses us"),
    (b"HTTP/1.1 404 Not Found\r\n\r\n", PortRefused, "there is no such page"),
    (b"HTTP/1.1 503 Busy\r\n\r\n", DeviceGone, "the camera answered 503"),
    (b"220 mail ready\r\n\r\n", DeviceGone, "what answers there is no camera"),
    (b"\x00" * 20000, DeviceGone, "what answers there is no camera"),
    (b"", DeviceGone, "what answers there is no camera"),
])
def test_another_answer_is_told_in_words(
    serve: Serve, answer: bytes, error: type[DeviceError], words: str
) -> None:
    where = serve(answer, hang_up=True)
    with pytest.raises(error, match=words) as told:
        open_mjpeg(f"http://user:geheim@{where}/", "camera")
    assert "geheim" not in str(told.value)


def test_nobody_there_is_a_device_that_is_gone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(DeviceGone, match="nobody answers"):
        open_mjpeg(f"http://127.0.0.1:{port}/", "camera")


def test_secret_streams_are_refused_in_words() -> None:
    with pytest.raises(PortRefused, match="only http:// is understood"):
        open_mjpeg("https://192.0.2.1/", "camera")


def test_a_camera_that_hangs_up_is_gone(serve: Serve) -> None:
    eye = open_mjpeg(f"http://{serve(HEAD, hang_up=True)}/", "camera")
    with contextlib.closing(eye), pytest.raises(DeviceGone, match="closed the connection"):
        eye.read_some()


def test_a_camera_that_hangs_is_asked_anew(serve: Serve, clock: Any) -> None:
    eye = open_mjpeg(f"http://{serve(HEAD)}/", "camera")
    eye._clock, eye._heard = clock, clock.now
    try:
        eye.cancel()
        assert eye.read_some() == b""
        clock.pass_by(10)
        eye.cancel()
        assert eye.read_some() == b""
        clock.pass_by(0.5)
        eye.cancel()
        with pytest.raises(DeviceGone, match="sends nothing any more"):
            eye.read_some()
    finally:
        eye.close()


def test_a_waiting_read_is_woken(serve: Serve) -> None:
    eye = open_mjpeg(f"http://{serve(HEAD)}/", "camera")
    try:
        eye.cancel()
        assert eye.read_some() == b""
    finally:
        eye.close()
        eye.close()
