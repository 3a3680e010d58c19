"""Rotating one-time codes, as authenticators show them: RFC 6238 (TOTP) over RFC 4226 (HOTP)."""

from __future__ import annotations

import base64
import hmac
from datetime import datetime
from urllib.parse import quote, urlencode

STEP_S = 30
DIGITS = 6


def hotp(secret: bytes, counter: int, *, digits: int = DIGITS, digest: str = "sha1") -> str:
    """The code of a counter (RFC 4226, 5.3: dynamic truncation)."""
    mac = hmac.new(secret, counter.to_bytes(8, "big"), digest).digest()
    start = mac[-1] & 0x0F
    number = int.from_bytes(mac[start : start + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def step_at(moment: datetime) -> int:
    """The counter of a moment: whole steps since 1970."""
    return int(moment.timestamp()) // STEP_S


def totp(secret: bytes, moment: datetime, *, digits: int = DIGITS, digest: str = "sha1") -> str:
    """The code of a moment (RFC 6238, 4.2)."""
    return hotp(secret, step_at(moment), digits=digits, digest=digest)


def matching_step(secret: bytes, code: str, moment: datetime, *, drift: int = 1) -> int | None:
    """The step whose code this is, at most ``drift`` steps from now; None for none.

    All are compared, so that the time it takes says nothing.
    """
    now = step_at(moment)
    found = None
    for step in range(max(0, now - drift), now + drift + 1):
        if hmac.compare_digest(hotp(secret, step).encode(), code.encode()):
            found = step
    return found


def otpauth_uri(secret: bytes, name: str, issuer: str) -> str:
    """The address under which an authenticator on a phone takes the secret over."""
    key = base64.b32encode(secret).decode("ascii").rstrip("=")
    facts = urlencode({"secret": key, "issuer": issuer, "digits": DIGITS, "period": STEP_S},
                      quote_via=quote)
    return f"otpauth://totp/{quote(f'{issuer}:{name}', safe=':')}?{facts}"
