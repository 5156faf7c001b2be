"""The golden results, with a tolerance for processors that round a matrix product differently."""

from __future__ import annotations

import json
import re

import pytest

from . import results


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return json.loads(json.dumps(results.collect(tmp_path_factory.mktemp("golden"))))


EXPECTED = json.loads(results.EXPECTED.read_text())
RANKING = re.compile("random-classification|ships-detection")
"""Tasks scored by average precision, which moves if rounding swaps two rows."""
DEPENDS_ON_PROCESSOR = {
    "scores svm temporal-mosaiks",
    "scores svm mean",
    "cube s1",
    "labels biomass_mean__regr",
    "labels biomass_std__regr",
}
"""Where the last digits of embeddings lead to other parameters, and bytes that are compared as a
whole. ``make verify`` compares all of them.
"""
UNSTABLE = {"scores groups": "ships-position"}
"""Tasks of so few rows that the last digits decide between two penalties."""


@pytest.mark.parametrize("name", sorted(EXPECTED.keys() - DEPENDS_ON_PROCESSOR))
def test_equal(found, name):
    pair = EXPECTED[name], found[name], name
    atol = 1e-4 if name.startswith("scores neucobench") else 1e-5  # trained in float32
    far = set(results.differences(*pair, rtol=1e-4, atol=1e-3))
    lines = [
        line
        for line in results.differences(*pair, rtol=1e-4, atol=atol)
        if (line in far or not RANKING.search(line)) and UNSTABLE.get(name, "\n") not in line
    ]
    assert not lines, "\n".join(lines[:20])


def test_nothing_is_unrecorded(found):
    assert sorted(found) == sorted(EXPECTED)
