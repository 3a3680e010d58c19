"""What `station init` writes is complete and true, and can be switched on line by line."""

import re
from pathlib import Path

import pytest

from station.config import (
    Config,
    ConfigError,
    commented_template,
    new_webhook_secret,
    parse,
    setting_paths,
    settings_table,
    webhook_secret,
    write_secret,
)

HERE = Path("shop")


def switched_on(text: str) -> str:
    """Every commented setting taken alive; words stay comments."""
    return re.sub(r"^#(?=[\[a-zA-Z_])", "", text, flags=re.MULTILINE)


def test_the_template_changes_no_default():
    assert parse(commented_template(), HERE) == Config(base_dir=HERE)


def test_a_value_given_is_set_and_nothing_else():
    config = parse(commented_template({"station.shop": '甲"店', "web.port": 9000}), HERE)
    assert (config.station.shop, config.web.port) == ('甲"店', 9000)
    assert config.paper == Config().paper


def test_every_line_switched_on_is_a_right_configuration():
    text = switched_on(commented_template()).replace('secret = ""\n', "")
    config = parse(text, HERE)
    assert config.benches[0].scale is not None
    assert config.benches[0].scanners[0].suffix == "auto"
    assert config.benches[0].printer is not None
    assert config.benches[0].printer.settings()["gap_mm"] == 2.0
    assert config.orders.drop_folder == "inbox"


def test_every_setting_stands_in_the_template_once_for_each_table():
    text = commented_template()
    for path in setting_paths():
        assert re.search(rf"^#?{re.escape(path.rpartition('.')[2])} = ", text, re.MULTILINE), path


def test_every_setting_has_words_in_both_languages():
    for line in settings_table().splitlines():
        if line.startswith("| `"):
            meaning = line.split("|")[3]
            assert re.search(r"[\u4e00-\u9fff].*<br>.*[A-Za-z]{3}", meaning), line


def test_the_table_has_a_line_for_every_setting():
    rows = [line for line in settings_table().splitlines() if line.startswith("| `")]
    assert len(rows) == len(setting_paths())


def test_a_new_secret_is_long_and_never_the_same():
    first, second = new_webhook_secret(), new_webhook_secret()
    assert first.startswith("whsec_")
    assert len(first) >= 50
    assert first != second


def test_the_secret_is_written_for_its_owner_only_and_read_back(tmp_path: Path):
    secret = new_webhook_secret()
    write_secret(tmp_path / "webhook.secret", secret)
    assert (tmp_path / "webhook.secret").stat().st_mode & 0o777 == 0o600
    config = parse("[webhook]\nsecret_file = 'webhook.secret'", tmp_path)
    assert webhook_secret(config) == secret


def test_a_secret_is_never_replaced(tmp_path: Path):
    write_secret(tmp_path / "webhook.secret", "first")
    with pytest.raises(FileExistsError):
        write_secret(tmp_path / "webhook.secret", "second")
    assert (tmp_path / "webhook.secret").read_text(encoding="ascii") == "first\n"


def test_a_secret_that_others_may_read_is_refused(tmp_path: Path):
    write_secret(tmp_path / "webhook.secret", "whsec_x")
    (tmp_path / "webhook.secret").chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        webhook_secret(parse("[webhook]\nsecret_file = 'webhook.secret'", tmp_path))


@pytest.mark.parametrize("content", [None, b"\n", b"\xff\xfe"])
def test_a_secret_file_that_is_missing_empty_or_garbage_is_told(
    tmp_path: Path, content: bytes | None
):
    if content is not None:
        (tmp_path / "s").write_bytes(content)
        (tmp_path / "s").chmod(0o600)
    with pytest.raises(ConfigError, match=r"webhook\.secret_file"):
        webhook_secret(parse("[webhook]\nsecret_file = 's'", tmp_path))


def test_a_secret_in_the_settings_themselves_is_taken():
    assert webhook_secret(parse("[webhook]\nsecret = 'whsec_c2Vj'", HERE)) == "whsec_c2Vj"
    assert webhook_secret(Config()) == ""


@pytest.mark.parametrize("secret", ["abc", "whsec_", "whsec_c2Vj!", "whsec_秘密", "whsec_c2V"])
def test_a_secret_of_another_form_is_refused_and_not_repeated(tmp_path, secret):
    with pytest.raises(ConfigError, match="base64") as raised:
        parse(f"[webhook]\nsecret = '{secret}'", HERE)
    assert raised.value.where == "webhook.secret"
    assert f"'{secret}'" not in str(raised.value)
    if secret.isascii():
        write_secret(tmp_path / "secret", secret)
        config = parse("[webhook]\nsecret_file = 'secret'", tmp_path)
        with pytest.raises(ConfigError, match="base64"):
            webhook_secret(config)
