"""`station tls`: a certificate of the shop's own, for other computers in the house."""

from __future__ import annotations

import argparse
import ipaddress
import os
import socket
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from station.bootstrap import utc_now
from station.cli.command import OK, Command, Problem, settings_of, takes_config
from station.config import Config

_DAYS = 820  # browsers refuse certificates that are good for longer
_CERT, _KEY = "station.crt", "station.key"


def _arguments(parser: argparse.ArgumentParser) -> None:
    takes_config(parser)
    parser.add_argument("names", nargs="*", metavar="NAME",
                        help="其他电脑用的主机名或地址 · names and addresses others will use")
    parser.add_argument("--days", type=int, default=_DAYS, metavar="N",
                        help=f"有效天数 · how long it is good ({_DAYS})")


def _tls(options: argparse.Namespace) -> int:
    config = settings_of(options)
    folder = options.config.absolute().parent
    cert, key = folder / _CERT, folder / _KEY
    for path in (cert, key):
        if path.exists():
            raise Problem(f"{path} 已存在，未改动 / is there already; nothing was changed")
    if not 1 <= options.days <= _DAYS:
        raise Problem(f"--days: 1–{_DAYS}")
    names = _names(config, options.names)
    certificate, private = make_certificate(names, options.days)
    _write(key, private, 0o600)
    _write(cert, certificate, 0o644)
    digest = x509.load_pem_x509_certificate(certificate).fingerprint(hashes.SHA256())
    print(f"已写好 written: {cert}, {key}")
    print(f"名称 names: {', '.join(names)}")
    print(f"指纹 fingerprint SHA-256: {digest.hex(':')}")
    shown = ", ".join(f'"{name}"' for name in names)
    print("写进 station.toml 的 [web] / put into [web] of station.toml:\n"
          f'host = "0.0.0.0"\nallowed_hosts = [{shown}]\n'
          f'tls_cert = "{_CERT}"\ntls_key = "{_KEY}"')
    return OK


def _names(config: Config, given: list[str]) -> list[str]:
    found = [*given, *config.web.allowed_hosts, socket.gethostname()]
    return list(dict.fromkeys(name.strip("[]") for name in found if name))


def make_certificate(names: list[str], days: int) -> tuple[bytes, bytes]:
    """A self-signed certificate for these names and addresses and its key, both as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    now = utc_now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]),
                       critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return certificate.public_bytes(serialization.Encoding.PEM), private


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return _dns(name)


def _dns(name: str) -> x509.GeneralName:
    try:
        return x509.DNSName(name.encode("idna").decode("ascii"))
    except UnicodeError:
        raise Problem(f"{name}: 不是主机名 is no host's name") from None


def _write(path: Path, content: bytes, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)


COMMANDS = (
    Command("tls", "给局域网的证书 · a certificate for other computers", _arguments, _tls,
            "station tls packbench.lan 192.168.1.20"),
)
