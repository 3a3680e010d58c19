"""The wire's fault menu as a function of bytes, time and seed, and lines over real sockets."""

# ruff: noqa: ARG002 - a device is given the time whether it needs it or not
from __future__ import annotations

import os
import socket
import threading
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import serial
from hypothesis import given
from hypothesis import strategies as st

from simulators.clock import HandClock, WallClock
from simulators.doors import LineSettings, PtyDoor, Rfc2217Door, TcpDoor
from simulators.wire import Device, Line, Wire, WireFaults


class Echo(Device):
    """Answers every byte, and ticks once a second unasked."""

    def __init__(self) -> None:
        super().__init__()
        self.heard = b""
        self.ticks = 0
        self.full = False
        self.left = 0

    def hear(self, data, now):
        self.heard += data
        return b"<" + data + b">"

    def speak(self, now):
        due = int(now) - self.ticks
        self.ticks += due
        return b"tick" * due

    def hungry(self, now):
        return not self.full

    def hung_up(self, now):
        self.left += 1


class Broken(Device):
    def hear(self, data, now):
        raise RuntimeError("a bug in a device")


# --- the wire alone -----------------------------------------------------------------------------


def carried(wire: Wire, data: bytes, *, at: float = 0.0, until: float = 1e6) -> bytes:
    wire.outgoing(data, at)
    return b"".join(wire.due(until))


@given(st.binary(max_size=200), st.integers(0, 40))
def test_a_wire_without_damage_carries_every_byte_in_order(data, split):
    wire = Wire(WireFaults(split=split))
    assert carried(wire, data) == data
    assert wire.incoming(data) == data


@given(st.binary(min_size=1, max_size=100), st.integers(1, 7))
def test_a_split_wire_sends_small_packets_that_add_up(data, size):
    wire = Wire(WireFaults(split=size))
    wire.outgoing(data, 0.0)
    packets = wire.due(0.0)
    assert max(map(len, packets)) <= size
    assert b"".join(packets) == data


def test_a_slow_wire_delivers_at_its_baud_rate():
    wire = Wire(WireFaults(slow=10))
    wire.outgoing(b"abcdefghij", 5.0)
    assert wire.due(5.0) == []
    assert b"".join(wire.due(5.35)) == b"abc"
    assert b"".join(wire.due(6.0)) == b"defghij"


def test_a_slow_wire_queues_what_comes_while_it_is_busy():
    wire = Wire(WireFaults(slow=10))
    wire.outgoing(b"12345", 0.0)
    wire.outgoing(b"67890", 0.1)
    assert b"".join(wire.due(0.55)) == b"12345"
    assert b"".join(wire.due(1.0)) == b"67890"


def test_a_lossy_wire_loses_some_bytes_and_the_same_ones_for_the_same_seed():
    data = bytes(range(200))
    first = carried(Wire(WireFaults(lossy=0.2), seed=7), data)
    assert carried(Wire(WireFaults(lossy=0.2), seed=7), data) == first
    assert carried(Wire(WireFaults(lossy=0.2), seed=8), data) != first
    assert 120 < len(first) < 195
    assert list(first) == sorted(first), "no byte overtakes another"


def test_a_noisy_wire_changes_bytes_and_keeps_their_number():
    data = b"\x00" * 500
    heard = carried(Wire(WireFaults(garbage=0.1), seed=1), data)
    assert len(heard) == 500
    assert 20 < sum(byte != 0 for byte in heard) < 90


def test_damage_works_in_both_directions():
    wire = Wire(WireFaults(garbage=1.0), seed=2)
    assert wire.incoming(b"\x00" * 50) != b"\x00" * 50


@pytest.mark.parametrize("fault", ["silent", "half_open"])
def test_nothing_leaves_a_silent_or_half_open_wire(fault):
    wire = Wire()
    wire.faults.change({fault: True})
    assert carried(wire, b"hello") == b""


def test_the_cable_is_pulled_after_so_many_bytes_from_the_host():
    wire = Wire(WireFaults(cut_in=5))
    assert wire.incoming(b"abc") == b"abc"
    assert not wire.faults.gone
    assert wire.incoming(b"defgh") == b"de"
    assert wire.faults.gone
    assert wire.faults.cut_in == -1, "once plugged in again it stays"


@pytest.mark.parametrize("place", range(1, 8))
def test_the_cable_can_be_pulled_at_every_byte_of_a_frame(place):
    wire = Wire(WireFaults(cut_out=place))
    assert carried(wire, b"ST,0.5kg") == b"ST,0.5kg"[:place]
    assert wire.faults.gone


def test_pulling_the_cable_loses_what_was_on_its_way():
    wire = Wire(WireFaults(slow=1))
    wire.outgoing(b"abc", 0.0)
    wire.drop()
    assert wire.due(100.0) == []


def test_faults_are_set_by_name_and_mended_all_at_once():
    faults = WireFaults()
    faults.change({"split": 1, "lossy": 0.5, "stall": True})
    assert (faults.split, faults.lossy, faults.stall) == (1, 0.5, True)
    faults.clear()
    assert asdict(faults) == asdict(WireFaults())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"spilt": 1}, "no wire fault 'spilt'; known are split, slow"),
        ({"gone": 1}, "on or off"),
        ({"gone": "yes"}, "on or off"),
        ({"lossy": 2}, "chance from 0 to 1"),
        ({"lossy": True}, "takes a number"),
        ({"split": "two"}, "takes a number"),
        ({"split": -1}, "cannot be -1"),
        ({"cut_in": -2}, "cannot be -2"),
    ],
)
def test_a_wrong_fault_is_refused_and_changes_nothing(change, words):
    faults = WireFaults()
    with pytest.raises(ValueError, match=words):
        faults.change({"silent": True, **change})
    assert asdict(faults) == asdict(WireFaults())


# --- lines over TCP, stepped by hand ------------------------------------------------------------


def test_a_host_talks_with_a_device_over_tcp(rig):
    bench = rig(Echo())
    bench.call()
    bench.send(b"abc")
    assert bench.read(5) == b"<abc>"
    assert bench.line.connected
    assert (bench.line.heard, bench.line.sent, bench.line.hosts) == (3, 5, 1)


def test_a_device_speaks_when_its_time_has_come(rig):
    bench = rig(Echo())
    bench.call()
    bench.after(0.9)
    assert bench.waiting() == b""
    bench.after(0.2)
    assert bench.read(4) == b"tick"


def test_what_is_said_to_nobody_is_lost(rig):
    bench = rig(Echo())
    bench.after(50)
    bench.call()
    bench.after(1)
    assert bench.read(4) == b"tick"
    assert bench.waiting() == b""


def test_a_pulled_cable_hangs_up_and_refuses_until_plugged_in_under_the_same_url(rig):
    bench = rig(Echo())
    bench.call()
    url = bench.line.url
    bench.line.faults.gone = True
    bench.line.step()
    assert bench.hung_up()
    where = urlsplit(url)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((where.hostname, where.port), timeout=60)
    bench.line.faults.gone = False
    bench.line.step()
    assert bench.line.url == url
    bench.call()
    bench.send(b"x")
    assert bench.read(3) == b"<x>"


def test_a_device_is_told_when_its_host_hangs_up(rig):
    device = Echo()
    bench = rig(device)
    bench.call().close()
    bench.line.step(1.0)
    assert device.left == 1
    assert not bench.line.connected


def test_a_second_host_waits_until_the_first_has_gone(rig):
    bench = rig(Echo())
    first = bench.call()
    second = bench.call(wait=0.01)
    second.sendall(b"2")
    bench.line.step(0.01)
    assert bench.waiting() == b""
    first.close()
    bench.line.step(1.0)
    bench.line.step(1.0)
    bench.line.step(1.0)
    assert bench.read(3) == b"<2>"


def test_a_stalled_device_leaves_bytes_unread_until_it_reads_again(rig):
    device = Echo()
    bench = rig(device)
    bench.call().sendall(b"later")
    bench.line.faults.stall = True
    bench.line.step(0.01)
    assert device.heard == b""
    bench.line.faults.stall = False
    bench.line.step(1.0)
    assert device.heard == b"later"


def test_a_device_whose_buffer_is_full_is_not_read_for(rig):
    device = Echo()
    device.full = True
    bench = rig(device)
    bench.call().sendall(b"later")
    bench.line.step(0.01)
    assert device.heard == b""
    device.full = False
    bench.line.step(1.0)
    assert device.heard == b"later"


def test_a_half_open_line_neither_reads_nor_answers_and_breaks_when_it_ends(rig):
    device = Echo()
    bench = rig(device)
    bench.call().sendall(b"hello?")
    bench.line.faults.half_open = True
    bench.line.step(0.01)
    bench.after(5)
    assert device.heard == b""
    assert bench.waiting() == b""
    assert bench.line.connected
    bench.line.faults.half_open = False
    bench.line.step()
    assert bench.hung_up()


def test_vanishing_after_k_bytes_gives_the_device_exactly_k(rig):
    device = Echo()
    bench = rig(device)
    bench.line.faults.cut_in = 4
    bench.call().sendall(b"abcdefgh")
    bench.line.step(1.0)
    bench.line.step()
    assert device.heard == b"abcd"
    assert bench.hung_up()


def test_a_host_that_never_reads_costs_no_memory(rig):
    class Chatter(Device):
        def speak(self, now):
            return b"x" * 1_000_000

    bench = rig(Chatter())
    bench.call()
    for _ in range(30):
        bench.line.step()
    assert len(bench.line._unsent) <= 65536


# --- threads ------------------------------------------------------------------------------------


def test_a_line_runs_in_a_thread_and_stops_cleanly():
    line = Line(Echo(), TcpDoor(), WallClock(), name="echo")
    where = urlsplit(line.start())
    with socket.create_connection((where.hostname, where.port), timeout=60) as host:
        host.sendall(b"hi")
        assert host.recv(4) == b"<hi>"
    line.stop()
    line.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((where.hostname, where.port), timeout=60)
    assert not [t for t in threading.enumerate() if t.name == "simulated-echo"]


def test_a_bug_in_a_device_hangs_up_and_the_line_lives_on(caplog):
    line = Line(Broken(), TcpDoor(), WallClock(), name="broken")
    where = urlsplit(line.start())
    try:
        for _ in range(2):
            with socket.create_connection((where.hostname, where.port), timeout=60) as host:
                host.sendall(b"x")
                with pytest.raises(ConnectionResetError):
                    host.recv(1)
    finally:
        line.stop()
    assert "a round failed" in caplog.text


# --- ptys ---------------------------------------------------------------------------------------


@pytest.fixture
def pty_line(tmp_path):
    line = Line(Echo(), PtyDoor(tmp_path / "dev" / "scale"), HandClock())
    line.open()
    yield line
    line.stop()


def pty_talk(line: Line, port: serial.Serial, data: bytes, count: int) -> bytes:
    port.write(data)
    for _ in range(50):
        line.step(0.02)
        if port.in_waiting >= count:
            break
    return port.read(count)


def test_a_pty_is_found_under_a_stable_name_and_talks(pty_line):
    with serial.Serial(pty_line.url, 9600, timeout=5) as port:
        assert pty_talk(pty_line, port, b"W", 3) == b"<W>"


def test_a_pty_says_nothing_into_an_unopened_port(pty_line):
    clock = pty_line.clock
    clock.advance(30)
    pty_line.step()
    assert not pty_line.connected
    with serial.Serial(pty_line.url, 9600, timeout=0) as port:
        clock.advance(1)
        pty_line.step()
        pty_line.step()
        assert port.read(100) == b"tick"


def test_a_pulled_pty_is_gone_and_comes_back_under_its_name(pty_line):
    port = serial.Serial(pty_line.url, 9600, timeout=5)
    pty_line.step()
    pty_line.faults.gone = True
    pty_line.step()
    assert not os.path.lexists(pty_line.url)
    with pytest.raises((serial.SerialException, OSError)):
        port.read(1)
    port.close()
    pty_line.faults.gone = False
    pty_line.step()
    with serial.Serial(pty_line.url, 9600, timeout=5) as again:
        assert pty_talk(pty_line, again, b"W", 3) == b"<W>"


def test_a_pty_that_was_half_open_comes_back_as_a_new_one(pty_line):
    pty_line.step()
    before = Path(pty_line.url).readlink()
    with serial.Serial(pty_line.url, 9600, timeout=5):
        pty_line.faults.half_open = True
        pty_line.step()
        pty_line.faults.half_open = False
        pty_line.step()
        pty_line.step()
        assert Path(pty_line.url).readlink() != before
    with serial.Serial(pty_line.url, 9600, timeout=5) as again:
        assert pty_talk(pty_line, again, b"W", 3) == b"<W>"


def test_stopping_takes_the_name_away(tmp_path):
    line = Line(Echo(), PtyDoor(tmp_path / "scale"), HandClock())
    line.open()
    line.stop()
    assert not os.path.lexists(line.url)


# --- RFC 2217 -----------------------------------------------------------------------------------

SEVEN_EVEN = LineSettings(9600, 7, "E", 1)


pyserial_warns = pytest.mark.filterwarnings("ignore:set(Daemon|Name)")


@pytest.fixture
def rfc2217_url():
    line = Line(Echo(), Rfc2217Door(wanted=SEVEN_EVEN, seed=3), WallClock(0.001), name="rfc2217")
    yield line.start()
    line.stop()


@pyserial_warns
def test_a_host_with_the_right_settings_is_understood(rfc2217_url):
    with serial.serial_for_url(
        rfc2217_url, 9600, bytesize=7, parity="E", timeout=5
    ) as port:
        port.write(b"W")
        assert port.read(3) == b"<W>"
        assert port.cts


@pyserial_warns
@pytest.mark.parametrize(
    ("baud", "bits", "parity"), [(9600, 8, "N"), (4800, 7, "E"), (9600, 7, "O")]
)
def test_a_host_with_wrong_settings_gets_garbage(rfc2217_url, baud, bits, parity):
    with serial.serial_for_url(
        rfc2217_url, baud, bytesize=bits, parity=parity, timeout=5
    ) as port:
        port.write(b"W")
        answer = port.read(3)
    assert len(answer) == 3
    assert answer != b"<W>"


@pyserial_warns
def test_a_byte_of_255_survives_telnet(rfc2217_url):
    with serial.serial_for_url(
        rfc2217_url, 9600, bytesize=7, parity="E", timeout=5
    ) as port:
        port.write(b"\xff\xff")
        assert port.read(4) == b"<\xff\xff>"


def test_line_settings_read_as_people_write_them():
    assert str(SEVEN_EVEN) == "9600 7E1"
    assert str(LineSettings()) == "9600 8N1"
