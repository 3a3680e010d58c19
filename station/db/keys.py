"""The key file: what seals personal data, what makes it findable, what signs the history's heads.

One JSON file that only its owner may read, beside the database and never inside it::

    seal    AES-256-GCM keys by their id; the active one seals, all of them open
    index   the key of the digests by which a phone or a name is found again; never replaced
    sign    the Ed25519 seed that signs the heads of the history

A sealed text is ``pb1:<key id>:<base64 of nonce and ciphertext>``; sealed bytes lack the base64.
The place ("parcel.name") is authenticated too, so a value moved to another column does not
open. Losing the file loses the personal data, and only that: orders, weights and proofs are clear.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
import stat
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_MARK = "pb1:"
_MARK_BYTES = b"pb1:"
_KEY_BYTES = 32
_NONCE_BYTES = 12
_ID_LENGTH = 8  # hex digits of a key's own digest
_HEAD = len(_MARK) + _ID_LENGTH + 1
DIGEST_LENGTH = 32


class KeyTrouble(Exception):
    """The key file cannot be used, or does not open a value; one line, Chinese first."""


@dataclass(frozen=True, slots=True)
class _Content:
    active: str
    seal: dict[str, bytes]
    index: bytes
    sign: bytes


class Keyring:
    """The keys in one file, read when first needed and made then if there is none."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def _content(self) -> _Content:
        if not self.path.exists():
            self.make()
        return self._read()

    @cached_property
    def _ciphers(self) -> dict[str, AESGCM]:
        return {name: AESGCM(key) for name, key in self._content.seal.items()}

    @cached_property
    def _start(self) -> str:
        return f"{_MARK}{self._content.active}:"

    @cached_property
    def signer(self) -> Ed25519PrivateKey:
        """What signs the heads of the history."""
        return Ed25519PrivateKey.from_private_bytes(self._content.sign)

    @property
    def active(self) -> str:
        """The id of the key that seals now."""
        return self._content.active

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all keys that open."""
        return frozenset(self._content.seal)

    # --- Sealing ---------------------------------------------------------------------------------

    def seal_bytes(self, place: str, clear: bytes) -> bytes:
        """Bytes as they are kept in the column ``place`` ("page_image.png")."""
        return self._start.encode() + self._encrypted(place, clear)

    def seal(self, place: str, clear: str) -> str:
        """Text as it is kept in the column ``place``."""
        body = base64.b64encode(self._encrypted(place, clear.encode("utf-8", "surrogatepass")))
        return self._start + body.decode("ascii")

    def open_bytes(self, place: str, kept: bytes) -> bytes:
        """What was sealed; bytes that are not sealed come back as they are."""
        if not kept.startswith(_MARK_BYTES):
            return kept
        return self._decrypted(place, kept[len(_MARK): _HEAD - 1].decode(), kept[_HEAD:])

    def open(self, place: str, kept: str) -> str:
        """What was sealed; text that is not sealed comes back as it is. KeyTrouble if it fails."""
        if not kept.startswith(_MARK):
            return kept
        try:
            body = base64.b64decode(kept[_HEAD:], validate=True)
        except (binascii.Error, ValueError):
            raise _damaged(place) from None
        clear = self._decrypted(place, kept[len(_MARK): _HEAD - 1], body)
        return clear.decode("utf-8", "surrogatepass")

    def digest(self, purpose: str, text: str) -> str:
        """32 hex digits that are equal for equal texts, and tell nothing without the key."""
        message = f"{purpose}\0{text}".encode("utf-8", "surrogatepass")
        return hmac.new(self._content.index, message, hashlib.sha256).hexdigest()[:DIGEST_LENGTH]

    def _encrypted(self, place: str, clear: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._ciphers[self._content.active].encrypt(nonce, clear, place.encode())

    def _decrypted(self, place: str, key: str, body: bytes) -> bytes:
        cipher = self._ciphers.get(key)
        if cipher is None:
            raise KeyTrouble(
                f"没有密钥 {key}，个人信息打不开：请放回原来的密钥文件 {self.path}"
                f" / key {key} is not in {self.path}: personal data cannot be opened;"
                " put the old key file back")
        try:
            return cipher.decrypt(body[:_NONCE_BYTES], body[_NONCE_BYTES:], place.encode())
        except (InvalidTag, ValueError):
            raise _damaged(place) from None

    # --- The file --------------------------------------------------------------------------------

    def make(self) -> bool:
        """Write a new file with fresh keys; False if there is one already, which stays as it is."""
        return self._write(_fresh(), new=True)

    def add_key(self) -> str:
        """A fresh key that seals from now on, beside the old ones; its id."""
        key = secrets.token_bytes(_KEY_BYTES)
        old, name = self._content, _name(key)
        self._replace(_Content(name, {**old.seal, name: key}, old.index, old.sign))
        return name

    def forget_others(self) -> list[str]:
        """Let go of every key but the active one; the ids of those that are gone for good."""
        old = self._content
        gone = [name for name in old.seal if name != old.active]
        self._replace(_Content(old.active, {old.active: old.seal[old.active]}, old.index, old.sign))
        return gone

    def check(self) -> None:
        """Read the file. Raises KeyTrouble if it is not there, not right or open to others."""
        self.__dict__["_content"] = self._read()

    def _replace(self, content: _Content) -> None:
        self._write(content, new=False)
        for name in ("_content", "_ciphers", "_start", "signer"):
            self.__dict__.pop(name, None)

    def _read(self) -> _Content:
        try:
            mode = self.path.stat().st_mode
            tree = json.loads(self.path.read_text(encoding="ascii"))
            content = _content_of(tree)
        except OSError:
            raise KeyTrouble(f"读不到密钥文件 {self.path} / cannot read {self.path}") from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise KeyTrouble(f"密钥文件已损坏 {self.path}，请用副本替换"
                             f" / {self.path} is damaged: put a copy in its place") from None
        if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise KeyTrouble(f"其他人可以读取 {self.path}；请运行 chmod 600"
                             f" / others may read {self.path}; run chmod 600 on it")
        return content

    def _write(self, content: _Content, *, new: bool) -> bool:
        """Write beside and move into place, so that nobody ever reads half a file."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        beside = self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            json.dump(_tree_of(content), file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        try:
            if new:
                os.link(beside, self.path)
            else:
                beside.replace(self.path)
        except FileExistsError:
            return False
        finally:
            beside.unlink(missing_ok=True)
        _sync_folder(self.path.parent)
        return True


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _fresh() -> _Content:
    seal, index, sign = (secrets.token_bytes(_KEY_BYTES) for _ in range(3))
    return _Content(_name(seal), {_name(seal): seal}, index, sign)


def _name(key: bytes) -> str:
    return hashlib.sha256(b"packbench key id" + key).hexdigest()[:_ID_LENGTH]


def _tree_of(content: _Content) -> dict[str, Any]:
    def text(raw: bytes) -> str:
        return base64.b64encode(raw).decode("ascii")

    return {
        "about": "Packbench keys: keep a copy elsewhere; without them personal data is lost",
        "active": content.active, "seal": {name: text(key) for name, key in content.seal.items()},
        "index": text(content.index), "sign": text(content.sign),
    }


def _content_of(tree: Any) -> _Content:
    seal = {name: _key(text) for name, text in tree["seal"].items()}
    if tree["active"] not in seal or any(name != _name(key) for name, key in seal.items()):
        raise ValueError("the keys and their ids do not belong together")
    return _Content(tree["active"], seal, _key(tree["index"]), _key(tree["sign"]))


def _key(text: str) -> bytes:
    key = base64.b64decode(text, validate=True)
    if len(key) != _KEY_BYTES:
        raise ValueError("a key has 32 bytes")
    return key


def _damaged(place: str) -> KeyTrouble:
    return KeyTrouble(
        f"{place} 的密文被改动或损坏 / a sealed value of {place} was changed or damaged")


def is_sealed(kept: object) -> bool:
    """True for a value in the form in which sealed ones are kept."""
    if isinstance(kept, bytes):
        return kept.startswith(_MARK_BYTES)
    return isinstance(kept, str) and kept.startswith(_MARK)
