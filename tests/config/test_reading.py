"""station.toml: what is accepted, and what is said about the rest."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.config import CONFIG_NAME, Config, ConfigError, load, parse, read_toml, setting_paths
from station.domain.vocabulary import CarrierCode

HERE = Path("shop")

FULL = """
[station]
shop = "试验小店"
database = "postgresql+psycopg://station@db/packbench"
[web]
host = "0.0.0.0"
port = 0
allowed_hosts = ["packbench.lan", "bench-1"]
[[bench]]
name = "左"
size = "76x130"
[bench.scale]
protocol = "toledo-8217"
port = "socket://127.0.0.1:4001"
division_g = 0.5
baudrate = 4800
bytesize = 7
parity = "E"
[[bench.scanner]]
name = "gun"
port = "socket://127.0.0.1:4002"
suffix = "crlf"
[[bench.scanner]]
name = "door"
port = "COM7"
role = "handover"
[bench.printer]
language = "escpos"
port = "file:///dev/usb/lp0"
cut = "full"
[[bench]]
name = "右"
[paper]
mask = false
[paper.sender]
phone = "0576-80000000"
[carriers]
default = "YTO"
[carriers.STO]
unreachable = ["西藏", "新疆 和田"]
[weighing]
tolerance_percent = 3
max_age_s = 0.8
"""


def words_or_none(text: str) -> tuple[str, str] | None:
    """What is said of a wrong text in both languages; None for a right one."""
    try:
        parse(text, HERE)
    except ConfigError as error:
        return error.zh, error.en
    return None


def refusal(text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        parse(text, HERE)
    return caught.value


def test_an_empty_file_gives_every_default():
    config = parse("", HERE)
    assert config == Config(base_dir=HERE)
    assert (config.web.host, config.web.port) == ("127.0.0.1", 8321)
    assert config.orders.ship_call_at == "printed"
    assert config.weighing.tolerance_percent == Decimal("2.0")
    assert config.packing.waist_tolerance_mm == 10
    assert config.benches == ()


def test_a_full_file_is_read_into_its_sections():
    config = parse(FULL, HERE)
    left, right = config.benches
    assert (left.name, left.size, right.name, right.scale, right.scanners) == (
        "左", "76x130", "右", None, ())
    assert left.scale is not None
    assert left.scale.division_g == Decimal("0.5")
    assert (left.scale.baudrate, left.scale.parity, left.scale.stopbits) == (4800, "E", None)
    assert left.scale.settings() == {"baudrate": 4800, "bytesize": 7, "parity": "E"}
    assert left.scanners[0].settings() == {"suffix": "crlf"}
    assert [scanner.role for scanner in left.scanners] == ["bench", "handover"]
    assert left.printer is not None
    assert left.printer.settings() == {"cut": "full"}
    assert config.carriers.of("STO").unreachable == ("西藏", "新疆 和田")
    assert config.carriers.of("SF").unreachable == ()
    assert config.weighing.tolerance_percent == Decimal(3)
    assert config.paper.sender.phone == "0576-80000000"


def test_the_carriers_of_the_settings_are_the_carriers_of_the_shop():
    carriers = Config().carriers
    assert [carriers.of(code) for code in CarrierCode] == [
        carriers.sto, carriers.yto, carriers.ems, carriers.sf]


@pytest.mark.parametrize(("text", "where", "hint"), [
    ("[web]\nprot = 80", "web.prot", "did you mean port?"),
    ("[web]\nHost = 'x'", "web.Host", "did you mean host?"),
    ("[webb]", "webb", "did you mean web?"),
    ("[carriers.sto]", "carriers.sto", "did you mean STO?"),
    ("[[benches]]", "benches", "did you mean bench?"),
    ("[[bench]]\n[bench.scale]\nport='a'\ndivison_g=5", "bench[1].scale.divison_g",
     "did you mean division_g?"),
    ("[handover]\nzzz = 1", "handover.zzz", "tolerance_g, tolerance_percent"),
])
def test_an_unknown_key_names_the_nearest_known_one(text: str, where: str, hint: str):
    error = refusal(text)
    assert error.where == where
    assert hint in error.en


def test_every_misspelt_key_is_told_at_once():
    error = refusal("shpo = 1\n[web]\nprot = 1\nport = 'x'\n[[bench]]\nnmae = '1'\n"
                    "[[bench]]\n[[bench.scanner]]\nprot = 'a'")
    told = [error, *error.more]
    assert [one.where for one in told] == [
        "shpo", "web.prot", "bench[1].nmae", "bench[2].scanner[1].prot"]
    assert all(str(one).startswith("station.toml: ") for one in told)
    assert all("\n" not in str(one) for one in told)


@pytest.mark.parametrize(("text", "where", "hint"), [
    ("[web]\nport = '80'", "web.port", 'a whole number, not "80"'),
    ("[web]\nport = true", "web.port", "a whole number, not true"),
    ("[web]\nport = 80.5", "web.port", "a whole number, not 80.5"),
    ("[web]\nport = 65536", "web.port", "from 0 to 65535, not 65536"),
    ("[web]\nallowed_hosts = 'lan'", "web.allowed_hosts", "a list"),
    ("[web]\nallowed_hosts = [1]", "web.allowed_hosts[1]", "text in quotes"),
    ("[paper]\nmask = 1", "paper.mask", "true or false"),
    ("[paper]\nsender = 'me'", "paper.sender", "a table [paper.sender]"),
    ("web = 1", "web", "a table [web]"),
    ("[bench]", "bench", "[[bench]]"),
    ("[station]\nshop = ' '", "station.shop", "must not be empty"),
    ("[station]\nshop = 'a\\u0007b'".replace("'", '"'), "station.shop", "control characters"),
    ("[weighing]\ntolerance_percent = nan", "weighing.tolerance_percent", "from 0 to 100"),
    ("[weighing]\nmax_age_s = inf", "weighing.max_age_s", "from 0.1 to 10"),
    ("[orders]\nship_call_at = 'paid'", "orders.ship_call_at",
     'one of "printed", "packed", "handed_over", not "paid"'),
    ("[[bench]]\nsize = '100x100'", "bench[1].size", '"100x150", "76x130"'),
    ("[[bench]]\n[bench.scale]\nprotocol = 'st-gs'", "bench[1].scale.port", "is missing"),
    ("[[bench]]\n[[bench.scanner]]\nname='a'", "bench[1].scanner[1].port", "is missing"),
    ("[webhook]\nsecret='a'\nsecret_file='b'", "webhook.secret", "not both"),
    ("[[bench]]\nname='1'\n[[bench]]\nname='1'", "bench[2].name", "bench[1].name"),
    ("[[bench]]\n[bench.scale]\nport='COM3'\n[bench.printer]\nport='COM3'",
     "bench[1].printer.port", "bench[1].scale.port"),
    ("[[bench]]\n[[bench.scanner]]\nport='a'\n[[bench.scanner]]\nport='b'",
     "bench[1].scanner[2].name", "bench[1].scanner[1].name"),
])
def test_a_wrong_value_is_refused_with_what_is_allowed(text: str, where: str, hint: str):
    error = refusal(text)
    assert error.where == where
    assert hint in error.en


def test_a_refusal_is_one_line_with_file_key_and_both_languages(tmp_path: Path):
    path = tmp_path / CONFIG_NAME
    path.write_text("[web]\nprot = 80\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: web.prot: ")
    assert "是否要写 port" in message
    assert "did you mean port" in message
    assert "\n" not in message


def test_a_file_that_is_not_toml_says_the_line():
    assert "line 2" in refusal("[web]\nport = = 4").en


def test_a_missing_file_says_how_to_make_one(tmp_path: Path):
    with pytest.raises(ConfigError, match="station init"):
        load(tmp_path / CONFIG_NAME)


def test_another_file_that_a_setting_names_is_read_the_same_way(tmp_path: Path):
    (tmp_path / "tariffs.toml").write_text("percent = 0.5", encoding="utf-8")
    assert read_toml(tmp_path / "tariffs.toml") == {"percent": Decimal("0.5")}
    with pytest.raises(ConfigError, match=r"prices\.toml: 没有这个文件 / no such file$"):
        read_toml(tmp_path / "prices.toml")


def test_a_file_in_another_encoding_is_told(tmp_path: Path):
    path = tmp_path / CONFIG_NAME
    path.write_bytes('[station]\nshop = "小店"'.encode("gb18030"))
    with pytest.raises(ConfigError, match="UTF-8"):
        load(path)


def test_a_byte_order_mark_from_a_windows_editor_is_read_over(tmp_path: Path):
    path = tmp_path / CONFIG_NAME
    path.write_bytes("\ufeff[web]\nport = 1\n".encode())
    assert load(path).web.port == 1


def test_relative_paths_start_at_the_file_and_not_where_the_command_runs(tmp_path: Path):
    path = tmp_path / CONFIG_NAME
    path.write_text("[station]\ndata_dir = 'records'", encoding="utf-8")
    config = load(path)
    assert config.data_dir == tmp_path / "records"
    assert config.database_url == f"sqlite:///{tmp_path / 'packbench.db'}"


@pytest.mark.parametrize("url", [
    "postgresql+psycopg://station@db/packbench", "sqlite:///:memory:", "sqlite:///",
])
def test_other_databases_are_taken_as_written(url: str):
    assert parse(f"[station]\ndatabase = '{url}'", HERE).database_url == url


def test_an_absolute_database_path_stays_where_it_is(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'x.db'}"
    assert parse(f"[station]\ndatabase = '{url}'", HERE).database_url == url


@pytest.mark.fault("F14")
@given(st.text(max_size=300))
def test_any_text_is_a_configuration_or_a_refusal_in_words(text: str):
    words = words_or_none(text)
    assert words is None or all(words)


@given(st.sampled_from(setting_paths()), st.one_of(
    st.integers(), st.booleans(), st.text(max_size=20).map(repr), st.just("nan"), st.just("{}"),
    st.just("[]"), st.dates().map(str), st.floats(allow_nan=False, allow_infinity=False)))
def test_any_value_in_any_setting_is_taken_or_refused_in_words(path: str, value: object):
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    words = words_or_none(f"{path} = {shown}")
    assert words is None or all(words)


def read_or_refused(path: Path) -> bool:
    """True if the file was read; a refusal names the file."""
    try:
        return isinstance(load(path), Config)
    except ConfigError as refused:
        assert path.name in str(refused)  # noqa: PT017 - both outcomes are right, in words
        return False


@pytest.mark.fault("F14")
def test_a_file_with_any_one_byte_changed_is_a_configuration_or_a_refusal(tmp_path: Path):
    path, whole = tmp_path / CONFIG_NAME, FULL.encode()
    outcomes = set()
    for at in range(len(whole)):
        for value in (whole[at] ^ 0x01, whole[at] ^ 0x80, 0):
            path.write_bytes(whole[:at] + bytes([value]) + whole[at + 1:])
            outcomes.add(read_or_refused(path))
    assert outcomes == {True, False}


@pytest.mark.fault("F14")
def test_a_file_that_was_cut_off_anywhere_is_a_configuration_or_a_refusal(tmp_path: Path):
    path, whole = tmp_path / CONFIG_NAME, FULL.encode()
    outcomes = set()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        outcomes.add(read_or_refused(path))
    assert outcomes == {True, False}


@pytest.mark.parametrize(
    "url", ["mysql://x", "postgres://a@b/c", "postgresql://a@b/c", "packbench.db",
            "sqlite", "postgresql+psycopg://a@b:port/c"],
)
def test_a_database_of_another_kind_is_refused_at_once(url):
    with pytest.raises(ConfigError, match="sqlite:///") as raised:
        parse(f"[station]\ndatabase = '{url}'", HERE)
    assert raised.value.where == "station.database"


@pytest.mark.parametrize("url", ["sqlite:///店.db", "postgresql+psycopg://a:b@c:5433/d"])
def test_both_kinds_of_database_are_taken(url):
    assert parse(f"[station]\ndatabase = '{url}'", HERE).station.database == url
