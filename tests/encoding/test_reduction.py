"""The reducer an encoder ends in, and the codes an encoder has of its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from neucocore.components.discovery import Component
from neucocore.components.lookup import find
from neucocore.components.specs import ReducerSpec
from neucocore.data.embeddings.embeddings import load_embeddings
from neucocore.encoding.output import coded_bytes
from neucocore.encoding.plan import plan
from neucocore.encoding.request import EncodeRequest
from neucocore.encoding.run import encode
from neucocore.errors import ComponentOutputError


class Cut:
    """The first columns; `apply` may break the contract."""

    fault = ""

    def __init__(self, dimension):
        self.dimension = dimension

    def fit(self, matrix):
        self.mean = matrix.mean(axis=0)
        return self

    def apply(self, matrix):
        kept = (matrix - self.mean)[:, : self.dimension].astype(np.float64)
        faults = {
            "short": lambda: kept[:-1],
            "nan": lambda: kept * np.nan,
            "beyond float32": lambda: kept * 1e300,
            "wide": lambda: matrix,
            "flat": lambda: kept[:, 0],
            "none": lambda: kept[:, :0],
        }
        return faults.get(self.fault, lambda: kept)()

    def bytes_per_row(self):
        return 4.0 * self.dimension


@pytest.fixture
def request_of(cubes: Path, tmp_path: Path):
    def make(fault: str = "", dimension: int = 2) -> EncodeRequest:
        factory = type("Cut", (Cut,), {"fault": fault})
        spec = ReducerSpec(name="cut", summary="test", factory=factory)
        asked = plan("toy-sums", dataset="toy-cubes", data=cubes, out=tmp_path / "e.npz")
        return replace(asked, reducer=Component(spec, "test", "test", ""), dimension=dimension)

    return make


def test_the_reducer_is_fitted_on_and_applied_to_the_whole_matrix(
    request_of, cubes: Path, tmp_path: Path
) -> None:
    out = tmp_path / "whole.npz"
    encode(plan("toy-sums", dataset="toy-cubes", data=cubes, out=out))
    whole = load_embeddings(out).matrix
    reduced = load_embeddings(encode(request_of()).path)
    expected = (whole - whole.mean(axis=0))[:, :2]
    np.testing.assert_allclose(reduced.matrix, expected, rtol=1e-5, atol=1e-4)
    said = reduced.metadata["reduction"]
    assert (said["features"], said["bytes_per_row"]) == (3, 8.0)


def test_a_reducer_of_the_core_keeps_to_the_dimension(cubes: Path, tmp_path: Path) -> None:
    asked = plan("toy-sums", dataset="toy-cubes", data=cubes, out=tmp_path / "e.npz", dimension=2)
    report = encode(replace(asked, reducer=find("reducer", "pca")))
    assert (report.rows, report.columns) == (12, 2)


@pytest.mark.parametrize("fault", ["short", "nan", "beyond float32", "wide", "flat", "none"])
def test_fault_53_a_reducer_that_breaks_its_contract_is_named(
    request_of, tmp_path: Path, fault: str
) -> None:
    with pytest.raises(ComponentOutputError, match="the reducer test/cut returned shape") as caught:
        encode(request_of(fault))
    assert "12 rows of at most 2 columns are needed" in caught.value.message
    assert not (tmp_path / "e.npz").exists()


def test_fault_53_an_encoder_owes_one_code_a_row() -> None:
    class Coder:
        def to_codes(self, rows):
            return [b"x"] * (len(rows) - 1)

    with pytest.raises(ComponentOutputError, match=r"5 rows.* gave 4 codes; one a row is needed"):
        coded_bytes(Coder(), np.zeros((5, 2), np.float32))
