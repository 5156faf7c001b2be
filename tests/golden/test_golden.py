"""The golden results, with a tolerance for processors that round a matrix product differently."""

from __future__ import annotations

import json

import pytest

from . import results


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return json.loads(json.dumps(results.collect(tmp_path_factory.mktemp("golden"))))


EXPECTED = json.loads(results.EXPECTED.read_text())


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_equal(found, name):
    lines = list(results.differences(EXPECTED[name], found[name], name, rtol=1e-4, atol=1e-5))
    assert not lines, "\n".join(lines[:20])


def test_nothing_is_unrecorded(found):
    assert sorted(found) == sorted(EXPECTED)
