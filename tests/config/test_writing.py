"""A scale written into station.toml: comments stay, a broken file is never written."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.config import ConfigError, commented_template, load, set_scale, with_scale

TEXT = """# 我的店
[station]
shop = "店"   # its name

[[bench]]
name = "1"            # by the window
# size = "100x150"

[bench.scale]
# what the scale speaks
protocol = "st-gs"    # Excell
port = "/dev/ttyUSB0"
division_g = 5
parity = "E"

# the scanner was bought in May
[[bench.scanner]]
name = "gun"
port = "/dev/ttyUSB1"

[[bench]]
name = "2"

[web]
port = 9000
"""
NEW = {"protocol": "mt-sics", "port": "COM3", "baudrate": 4800}


def scale_of(text: str, bench: int = 0) -> Any:
    return tomllib.loads(text)["bench"][bench].get("scale")


def test_what_a_comma_is_is_written_and_taken_out_again() -> None:
    text = with_scale(TEXT, 0, {**NEW, "decimal_comma": True, "decimals": 3})
    assert "decimal_comma = true\n" in text
    assert scale_of(with_scale(text, 0, NEW)) == {**NEW, "division_g": 5}


def test_the_scale_is_changed_and_its_other_settings_stay() -> None:
    text = with_scale(TEXT, 0, NEW)
    assert scale_of(text) == {**NEW, "division_g": 5}


def test_every_comment_and_every_other_line_stays_where_it_was() -> None:
    text = with_scale(TEXT, 0, NEW)
    kept = [line for line in TEXT.splitlines() if line.split("=")[0].strip() not in
            ("protocol", "port", "parity")]
    assert [line for line in text.splitlines() if line in kept] == kept
    assert 'protocol = "mt-sics"    # Excell' in text
    assert "baudrate = 4800\n\n# the scanner was bought in May" in text


def test_a_bench_without_a_scale_gets_one_of_its_own() -> None:
    text = with_scale(TEXT, 1, NEW)
    assert (scale_of(text, 0)["protocol"], scale_of(text, 1)) == ("st-gs", NEW)
    assert '[[bench]]\nname = "2"\n\n[bench.scale]\n' in text


def test_a_file_without_a_last_line_end_is_no_trouble() -> None:
    assert scale_of(with_scale(TEXT.split("[web]", maxsplit=1)[0].rstrip("\n"), 1, NEW), 1) == NEW


@pytest.mark.parametrize("text", [
    '[[bench]]\nname = "1"\nscale = { protocol = "st-gs", port = "a" }\n',
    '[[bench]]\nname = "1"\nscale.port = "a"\n',
    'bench = [{ name = "1" }]\n',
    "no bench at all = [",
    "",
])
def test_what_cannot_be_changed_line_by_line_is_refused_and_not_spoilt(text: str) -> None:
    with pytest.raises(ConfigError, match="by hand"):
        with_scale(text, 0, NEW)


@pytest.mark.parametrize("port", [
    "COM3", "/dev/serial/by-id/usb-1a86_USB2.0-Ser_-if00", 'a"b', "C:\\x", "socket://h:1#x",
])
def test_any_port_is_written_as_it_is(port: str) -> None:
    assert scale_of(with_scale(TEXT, 0, {**NEW, "port": port}))["port"] == port


def write(tmp_path: Path, text: str = TEXT) -> Path:
    path = tmp_path / "station.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_file_is_replaced_whole_and_the_last_good_one_is_kept(tmp_path: Path) -> None:
    path = write(tmp_path)
    path.chmod(0o640)
    set_scale(path, 0, NEW)
    assert load(path).benches[0].scale.protocol == "mt-sics"
    assert path.stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "station.toml.good").read_text("utf-8") == TEXT
    assert sorted(one.name for one in tmp_path.iterdir()) == ["station.toml", "station.toml.good"]


@pytest.mark.parametrize("values", [
    {"protocol": "", "port": "COM3"}, {"protocol": "st-gs", "port": "/dev/ttyUSB1"},
    {"protocol": "st-gs", "port": "COM3", "parity": "X"},
])
def test_settings_that_the_station_would_refuse_are_never_written(
    tmp_path: Path, values: dict[str, str],
) -> None:
    path = write(tmp_path)
    with pytest.raises(ConfigError):
        set_scale(path, 0, values)
    assert path.read_text("utf-8") == TEXT
    assert [one.name for one in tmp_path.iterdir()] == ["station.toml"]


def test_a_disk_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path)
    monkeypatch.setattr("station.config.writing.os.fsync", lambda _: (_ for _ in ()).throw(OSError))
    with pytest.raises(OSError):  # noqa: PT011 - any
        set_scale(path, 0, NEW)
    assert path.read_text("utf-8") == TEXT


def test_the_template_of_a_new_shop_can_be_changed(tmp_path: Path) -> None:
    text = commented_template({"station.shop": "店"}) + '\n[[bench]]\nname = "1"\n'
    assert scale_of(with_scale(text, 0, NEW)) == NEW


_line = st.sampled_from([
    "# remark\n", "\n", 'protocol = "st-gs"\n', 'port = "p"\n', "baudrate = 9600 # x\n",
    "division_g = 2\n", "silent_after = 4\n", 'unit = "kg"\n',
])


def _key(line: str) -> object:
    return line.split("=", maxsplit=1)[0] if "=" in line else object()


@given(st.lists(_line, max_size=8, unique_by=_key))
def test_whatever_stands_in_the_table_the_result_says_what_was_wanted(lines: list[str]) -> None:
    text = '[[bench]]\nname = "1"\n[bench.scale]\n' + "".join(lines) + "[web]\nport = 1\n"
    new = with_scale(text, 0, NEW)
    others = {name: value for name, value in scale_of(text).items()
              if name in ("division_g", "silent_after")}
    assert scale_of(new) == {**others, **NEW}
    assert new.count("# remark") == text.count("# remark")
