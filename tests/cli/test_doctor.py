"""The doctor: one line for each thing, right or with what to do."""

import os
import socket
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from drivers.scale.find import judge
from drivers.scale.search import Found, Search
from simulators.camera_feed import MjpegDoor, SimulatedCamera
from station.bootstrap import utc_now
from station.cli import COMMANDS, run
from station.cli.command import FOUND, OK, opened
from station.cli.doctor import examine
from station.config import Config, parse
from station.db import schema
from station.services import slips

ROOT = Path(__file__).parents[2]
Answer = Callable[[socket.socket], None]


@pytest.fixture
def device() -> Iterator[Callable[[Answer], str]]:
    """Serve one connection with a function of the test's own; the URL to reach it."""
    with ExitStack() as stack:
        def serve(answer: Answer) -> str:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            thread = threading.Thread(target=_accept, args=(listener, answer))
            thread.start()
            stack.callback(thread.join)
            stack.callback(listener.shutdown, socket.SHUT_RDWR)
            return f"socket://127.0.0.1:{listener.getsockname()[1]}"
        yield serve


def _accept(listener: socket.socket, answer: Answer) -> None:
    try:
        peer, _ = listener.accept()
    except OSError:
        return  # nobody came before the test was over
    with peer:
        answer(peer)


def says(frame: bytes) -> Answer:
    """A peer that sends frames until it is left alone."""
    def talk(peer: socket.socket) -> None:
        peer.settimeout(0.05)
        for _ in range(200):
            try:
                peer.sendall(frame)
                if peer.recv(100) == b"":
                    return
            except TimeoutError:
                continue
            except OSError:
                return
    return talk


def waits(peer: socket.socket) -> None:
    """A peer that says nothing until it is left."""
    peer.settimeout(10)
    while peer.recv(100):
        pass


def words(config: Config, part: str) -> tuple[bool, str]:
    found = [finding for finding in examine(config) if part in finding.what]
    assert len(found) == 1
    return found[0].is_right, str(found[0])


def settings(tmp_path: Path, text: str) -> Config:
    return parse(text, tmp_path)


def test_a_new_shop_is_told_what_is_missing(tmp_path: Path):
    config = settings(tmp_path, "")
    assert words(config, "webhook")[0] is False
    for part, block in (("bench", "[[bench]]"), ("sender", "[paper.sender]")):
        is_right, line = words(config, part)
        assert is_right
        assert line.startswith("[ -- ] ")
        assert block in line
    assert (tmp_path / "var").is_dir()


def test_a_database_that_is_not_there_yet_is_right_and_is_not_made(tmp_path: Path):
    config = settings(tmp_path, "")
    is_right, line = words(config, "database")
    assert is_right
    assert "还没有" in line
    assert not list(tmp_path.glob("**/*.db"))


def test_an_old_database_is_to_be_upgraded_and_a_foreign_one_to_be_replaced(tmp_path: Path):
    config = settings(tmp_path, "")
    schema.upgrade(config.database_url, schema.revisions()[0])
    with schema.transaction(config.database_url) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'older'")
    is_right, line = words(config, "database")
    assert (is_right, "station db upgrade" in line) == (False, True)
    other = settings(tmp_path, '[station]\ndatabase = "sqlite:///other.db"')
    with schema.transaction(other.database_url) as connection:
        connection.exec_driver_sql("CREATE TABLE films (name TEXT)")
    is_right, line = words(other, "database")
    assert (is_right, "another program" in line) == (False, True)


def test_a_sender_with_a_name_and_an_address_is_right(tmp_path: Path):
    config = settings(tmp_path, '[paper.sender]\nname = "甲店"\naddress = "温岭市万昌路 1 号"')
    assert words(config, "sender") == (True, "[ ok ] 寄件人 sender: 已填写 filled in")
    config = settings(tmp_path, '[paper.sender]\nname = "甲店"\naddress = " "')
    assert words(config, "sender")[1].startswith("[ -- ] ")


def test_a_printer_that_is_not_there_is_told_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    config = settings(tmp_path, '[[bench]]\n[bench.printer]\nport = "file:///dev/usb/lp77"')
    is_right, line = words(config, "printer")
    assert not is_right
    assert [line.count(part) for part in ("打印机", "lp77", "cable")] == [1, 1, 1]
    assert capsys.readouterr().err == ""


def test_a_slip_printer_has_a_line_of_its_own(tmp_path: Path):
    config = settings(
        tmp_path, '[[bench]]\n[bench.slip_printer]\nport = "file:///dev/usb/lp78"')
    is_right, line = words(config, "slip printer")
    assert not is_right
    assert all(part in line for part in ("小票打印机", "lp78", "cable"))


def test_a_slip_printer_of_a_known_model_is_looked_for_at_its_port(tmp_path: Path):
    config = settings(
        tmp_path, '[[bench]]\n[bench.slip_printer]\nport = "COM9"\nbaudrate = 115200\n'
        'model = "epson"\nproof = "none"')
    is_right, line = words(config, "slip printer")
    assert not is_right, "there is no COM9 here"
    assert "COM9" in line


def test_a_shop_that_is_set_up_has_every_line_right(tmp_path: Path, device):
    config = settings(tmp_path, f"""
        [webhook]
        secret = "whsec_c2Vj"
        [[bench]]
        [bench.scale]
        port = "{device(says(b'ST,GS,+000.876kg' + bytes([13, 10])))}"
        [[bench.scanner]]
        port = "{device(waits)}"
    """)
    schema.upgrade(config.database_url)
    findings = list(examine(config))
    assert [finding.what for finding in findings if not finding.is_right] == []
    assert len(findings) == 11


@pytest.mark.fault("F3")
def test_a_scale_of_another_protocol_is_told_apart_from_a_missing_one(tmp_path: Path, device):
    config = settings(tmp_path, f"""
        [[bench]]
        [bench.scale]
        silent_after = 0.5
        port = "{device(says(b'XX garbage' + bytes([13, 10])))}"
    """)
    is_right, line = words(config, "scale")
    assert not is_right
    assert "协议不对" in line


@pytest.mark.parametrize(("kind", "table"), [
    ("scale", "[bench.scale]"), ("scanner", "[[bench.scanner]]"), ("printer", "[bench.printer]"),
])
def test_a_device_that_is_not_there_names_its_port(tmp_path: Path, kind: str, table: str):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    config = settings(tmp_path, f'[[bench]]\n{table}\nport = "socket://127.0.0.1:{port}"')
    is_right, line = words(config, kind)
    assert not is_right
    assert str(port) in line
    assert "station devices" in line


@pytest.mark.parametrize(("table", "hint"), [
    ('[bench.scale]\nport = "COM9"\nprotocol = "toledo8217"', "toledo-8217"),
    ('[bench.scale]\nport = "COM9"\nunit = "kgs"', "kg"),
    ('[bench.printer]\nport = "COM9"\nlanguage = "escpos"\ndensity = 3', "density"),
])
def test_a_setting_that_the_driver_refuses_is_told_and_opens_nothing(
    tmp_path: Path, table: str, hint: str
):
    findings = list(examine(settings(tmp_path, "[[bench]]\n" + table)))
    assert not findings[-1].is_right
    assert hint in findings[-1].words


def test_a_data_folder_that_cannot_be_made_is_told(tmp_path: Path):
    (tmp_path / "var").write_text("a file is in the way", encoding="utf-8")
    findings = [str(finding) for finding in examine(settings(tmp_path, ""))]
    assert findings[0].startswith("[ !! ] 数据文件夹")


@pytest.mark.rule("M11")
def test_the_second_copy_s_disk_is_looked_for_and_never_made(tmp_path: Path):
    config = settings(tmp_path, '[pictures]\nsecond_folder = "other/pictures"')
    right, said = words(config, "图片")
    assert not right
    assert "另一块盘要接上" in said
    assert not (tmp_path / "other").exists()
    (tmp_path / "other/pictures").mkdir(parents=True)
    right, said = words(config, "图片")
    assert right
    assert str(tmp_path / "other/pictures") in said
    assert "图片" not in " ".join(one.what for one in examine(settings(tmp_path, "")))


def test_the_command_prints_a_line_each_and_says_by_its_code_that_something_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "station.toml").write_text("", encoding="utf-8")
    assert run(COMMANDS, ["doctor", "-c", str(tmp_path / "station.toml")]) == FOUND
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 11
    assert {line[:7] for line in lines} == {"[ ok ] ", "[ -- ] ", "[ !! ] "}


def test_devices_that_are_not_there_leave_nothing_on_the_error_stream(tmp_path: Path):
    path = tmp_path / "station.toml"
    path.write_text('[[bench]]\n[bench.scale]\nport = "/dev/ttyUSB88"\n[bench.printer]\n'
                    'port = "/dev/ttyUSB99"\n', encoding="utf-8")
    done = subprocess.run(  # pytest's own log handler would hide a stray line in this process
        [sys.executable, "-m", "web.cli", "doctor", "-c", str(path)], cwd=ROOT, check=False,
        capture_output=True, text=True, env={**os.environ, "PYTHONIOENCODING": "utf-8"})
    assert (done.returncode, done.stderr) == (FOUND, "")
    assert [done.stdout.count(f"ttyUSB{number}") for number in (88, 99)] == [1, 1]


def test_devices_lists_what_is_configured(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "station.toml").write_text(
        '[[bench]]\nname = "左"\n[bench.scale]\nport = "COM3"\n[[bench.scanner]]\nport = "COM4"\n'
        '[bench.printer]\nport = "COM5"\n[bench.slip_printer]\nport = "COM6"\npaper_mm = 58\n',
        encoding="utf-8")
    assert run(COMMANDS, ["devices", "-c", str(tmp_path / "station.toml")]) == OK
    said = capsys.readouterr().out
    assert [port in said for port in ("COM3", "COM4", "COM5")] == [True, True, True]
    assert "小票打印机 slip printer  58 mm  gb18030  COM6" in said


@pytest.mark.parametrize(("frame", "code", "words"), [
    (b"ST,GS,+001.230kg\r\n", OK, 'protocol = "st-gs"'), (b"\xf8\x9c\xe6", FOUND, "读不懂"),
])
def test_devices_find_names_the_protocol_of_a_scale(
    frame: bytes, code: int, words: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    found = Found("COM3", judge(frame * 9))
    monkeypatch.setattr(Search, "look", lambda *_: found)
    assert run(COMMANDS, ["devices", "find", "--port", "COM3"]) == code
    assert words in capsys.readouterr().out


def test_devices_needs_no_settings(tmp_path: Path):
    assert run(COMMANDS, ["devices", "-c", str(tmp_path / "station.toml")]) == OK


# --- What is set wrong, and what a scale shows --------------------------------------------------


@pytest.mark.parametrize(("babble", "advice"), [
    (b"this is quite another make\r\n", "协议不对"),
    (bytes(b | 0x80 if b.bit_count() % 2 else b for b in b"ST,GS,+000.820kg\r\n"), "bytesize = 7"),
    (bytes(range(128, 160)), "波特率不对"),
    (b"\x00" * 20, "线接错"),
])
def test_a_line_set_wrongly_is_told_with_what_to_write(
    device: Callable[[Answer], str], tmp_path: Path, babble: bytes, advice: str
) -> None:
    url = device(says(babble))
    right, said = words(settings(
        tmp_path, f'[[bench]]\nname = "1"\n[bench.scale]\nprotocol = "st-gs"\nport = "{url}"\n'
        "silent_after = 0.5\n"), "scale")
    assert (right, advice in said) == (False, True)
    assert babble[-2:].hex(" ") in said


def test_a_ready_scale_shows_what_it_reads(
    device: Callable[[Answer], str], tmp_path: Path
) -> None:
    url = device(says(b"ST,GS,+000.820kg\r\n"))
    right, said = words(settings(
        tmp_path, f'[[bench]]\nname = "1"\n[bench.scale]\nprotocol = "st-gs"\nport = "{url}"\n'),
        "scale")
    assert (right, "0.820 kg" in said) == (True, True)


def test_a_scale_that_sends_no_unit_is_no_use_until_one_is_set(
    device: Callable[[Answer], str], tmp_path: Path
) -> None:
    toml = '[[bench]]\nname = "1"\n[bench.scale]\nprotocol = "yaohua-equals"\nport = "{}"\n{}\n'
    url = device(says(b"=0000.820"))
    right, said = words(settings(tmp_path, toml.format(url, "")), "scale")
    assert (right, "不知道单位" in said) == (False, True)
    url = device(says(b"=0000.820"))
    right, said = words(settings(tmp_path, toml.format(url, 'unit = "kg"')), "scale")
    assert (right, "0.820 kg" in said) == (True, True)


# --- The camera, and scanners that are learned --------------------------------------------------


def test_a_camera_that_shows_pictures_is_right(tmp_path: Path):
    door = MjpegDoor(SimulatedCamera(size=(160, 90)), fps=20)
    try:
        config = settings(tmp_path, f'[[bench]]\n[bench.camera]\nport = "{door.start()}"')
        is_right, line = words(config, "camera")
    finally:
        door.stop()
    assert (is_right, "ready" in line) == (True, True)


@pytest.mark.parametrize(("camera", "said"), [
    ('port = "/no/such/video.mp4"', "check the cable"),
    ('port = "http://admin:geheim@127.0.0.1:9/video"', "check the cable"),
    ('port = "0"\nregion = [0.5, 0.5, 0.9, 0.9]', "shares of the picture"),
])
def test_a_camera_that_is_not_there_is_told_without_its_password(
    tmp_path: Path, camera: str, said: str
):
    config = settings(tmp_path, f"[[bench]]\n[bench.camera]\n{camera}")
    is_right, line = words(config, "camera")
    assert (is_right, said in line) == (False, True)
    assert "geheim" not in line


def sends_scans(*codes: bytes) -> Answer:
    """A scanner that is pulled three times, with a pause between any two."""
    def talk(peer: socket.socket) -> None:
        for code in codes:
            peer.sendall(code)
            threading.Event().wait(0.7)

    return talk


def test_a_scanner_is_learned_from_three_scans(device, station):
    url = device(sends_scans(b"#773000111222333\t", b"#773000444555666\t", b"#6901234567892\t"))
    code, said = station("devices", "learn", "--port", url)
    assert code == OK
    learned = tomllib.loads(said[said.index("[["):])
    assert learned == {"bench": {"scanner": [{"port": url, "suffix": "tab", "prefix": "#"}]}}


def test_scans_that_agree_in_nothing_are_a_problem_in_words(device, station):
    url = device(sends_scans(b"1\r", b"2\n", b"3\t"))
    code, said = station("devices", "learn", "--port", url)
    assert (code, "结尾不一致" in said) == (FOUND, True)


def test_learning_wants_a_port_and_one_that_opens(station):
    code, said = station("devices", "learn")
    assert (code != OK, "--port" in said) == (True, True)
    code, said = station("devices", "learn", "--port", "/dev/no-such-port")
    assert (code, "no-such-port" in said) == (FOUND, True)


def test_slips_that_wait_long_are_told_with_the_way_out(tmp_path: Path):
    config = settings(tmp_path, '[[bench]]\n[bench.slip_printer]\nport = "file:///dev/usb/lp78"')
    assert words(config, "小票 slips") == (True, "[ ok ] 小票 slips: 没有 none")
    schema.upgrade(config.database_url)
    assert words(config, "小票 slips")[0]
    old = utc_now() - timedelta(minutes=6)
    with opened(config) as database:
        database.write(partial(slips.request, about="day:2026-11-23", who="老周", now=old))
    is_right, line = words(config, "小票 slips")
    assert not is_right
    assert all(part in line for part in ("1 张等了很久", "面单打印机", "label printer"))
    assert "面单打印机" in words(config, "slip printer")[1], "the dead printer says it, too"
