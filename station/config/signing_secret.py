"""The webhook's secret: made once, kept in a file that only its owner may read."""

from __future__ import annotations

import base64
import os
import secrets
import stat
from pathlib import Path

from station.config.reading import ConfigError, check_secret_form
from station.config.settings import Config

_BYTES = 32  # Standard Webhooks asks for 24 to 64


def new_webhook_secret() -> str:
    """A fresh secret in the form of Standard Webhooks: `whsec_` and base64 of 32 random bytes."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def write_secret(path: Path, secret: str) -> None:
    """Write a secret to a new file with mode 0600; FileExistsError if there is one already."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secret + "\n")


def webhook_secret(config: Config) -> str:
    """The secret that the settings name, "" for none. ConfigError if its file is not fit."""
    if not config.webhook.secret_file:
        return config.webhook.secret
    path = config.resolve(config.webhook.secret_file)
    try:
        mode = path.stat().st_mode
        secret = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise ConfigError("webhook.secret_file", f"读不到密钥文件 {path}",
                          f"cannot read {path}") from None
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError("webhook.secret_file", f"其他人可以读取 {path}；请运行 chmod 600",
                          f"others may read {path}; run chmod 600 on it")
    if not secret:
        raise ConfigError("webhook.secret_file", f"密钥文件是空的 {path}", f"{path} is empty")
    check_secret_form(secret, f"webhook.secret_file: {path}")
    return secret
