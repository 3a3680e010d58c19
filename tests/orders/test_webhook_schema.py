"""The webhook's description of itself: sound schemas, and every header that a sender must give."""

from __future__ import annotations

import jsonschema
import pytest

from station.orders.schema import SIGNATURE_HEADERS, schemas


@pytest.mark.parametrize("name", sorted(schemas()))
def test_every_schema_is_one(name):
    jsonschema.Draft202012Validator.check_schema(schemas()[name])


def test_the_signature_headers_are_those_of_the_convention():
    names = {header["name"] for header in SIGNATURE_HEADERS}
    assert names == {"webhook-id", "webhook-timestamp", "webhook-signature"}


def test_every_header_is_needed_and_explained():
    for header in SIGNATURE_HEADERS:
        assert header["in"] == "header"
        assert header["required"]
        assert header["description"]
