"""One-time codes against the tables of RFC 4226 and RFC 6238."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.domain.one_time import (
    STEP_S,
    hotp,
    matching_step,
    otpauth_uri,
    step_at,
    totp,
)

# RFC 6238, appendix B: the seeds are as long as the digest.
SEEDS = {
    "sha1": b"12345678901234567890",
    "sha256": b"12345678901234567890123456789012",
    "sha512": b"1234567890123456789012345678901234567890123456789012345678901234",
}
TABLE = [
    (59, "94287082", "46119246", "90693936"),
    (1111111109, "07081804", "68084774", "25091201"),
    (1111111111, "14050471", "67062674", "99943326"),
    (1234567890, "89005924", "91819424", "93441116"),
    (2000000000, "69279037", "90698825", "38618901"),
    (20000000000, "65353130", "77737706", "47863826"),
]
# RFC 4226, appendix D.
COUNTERS = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583",
            "399871", "520489"]
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(("second", "sha1", "sha256", "sha512"), TABLE)
def test_the_table_of_rfc_6238(second: int, sha1: str, sha256: str, sha512: str) -> None:
    moment = datetime.fromtimestamp(second, UTC)
    for digest, code in (("sha1", sha1), ("sha256", sha256), ("sha512", sha512)):
        assert totp(SEEDS[digest], moment, digits=8, digest=digest) == code


@pytest.mark.parametrize(("counter", "code"), list(enumerate(COUNTERS)))
def test_the_table_of_rfc_4226(counter: int, code: str) -> None:
    assert hotp(SEEDS["sha1"], counter) == code


def test_a_code_fits_its_own_step_and_its_neighbours() -> None:
    code = totp(b"secret", NOON)
    for steps, fits in ((-2, False), (-1, True), (0, True), (1, True), (2, False)):
        found = matching_step(b"secret", code, NOON + timedelta(seconds=STEP_S * steps))
        assert (found == step_at(NOON)) is fits


@given(st.text(max_size=12))
def test_no_text_breaks_the_comparison(text: str) -> None:
    found = matching_step(b"secret", text, NOON)
    assert found is None or hotp(b"secret", found) == text


@given(st.binary(min_size=16, max_size=20), st.text(min_size=1, max_size=20))
def test_an_authenticator_reads_the_same_secret_out_of_the_address(
    secret: bytes, name: str
) -> None:
    parts = urlsplit(otpauth_uri(secret, name, "Packbench 小店"))
    facts = parse_qs(parts.query)
    key = facts["secret"][0]
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert base64.b32decode(key + "=" * (-len(key) % 8)) == secret
    assert facts["period"] == ["30"]
    assert facts["digits"] == ["6"]
