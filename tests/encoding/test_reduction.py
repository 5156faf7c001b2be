"""The reducer that an encoder's spec names, and an encoder's own codes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from neucocore.components.discovery import Component
from neucocore.components.lookup import find
from neucocore.components.specs import EncoderSpec, ReducerSpec
from neucocore.data.embeddings.formats import load_embeddings
from neucocore.encoding.assembly import coded_bytes
from neucocore.encoding.report import EncodeReport
from neucocore.encoding.request import EncodeRequest
from neucocore.encoding.run import encode
from neucocore.errors import ComponentOutputError


class Cut:
    """The first columns, centred; `apply` may break the contract."""

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
            "no columns": lambda: kept[:, :0],
        }
        return faults.get(self.fault, lambda: kept)()

    def bytes_per_row(self):
        return {"no bytes": None, "text": "8", "negative": -1.0, "infinite": math.inf}.get(
            self.fault, 4.0 * self.dimension
        )

    def state(self):
        return {"mean": self.mean}


@pytest.fixture
def with_reducer(planned: Callable[..., EncodeRequest]) -> Callable[..., EncodeRequest]:
    def make(fault: str = "", dimension: int = 2) -> EncodeRequest:
        factory = type("Cut", (Cut,), {"fault": fault})
        spec = ReducerSpec(name="cut", summary="test", factory=factory)
        return replace(planned(), reducer=Component(spec, "test", "test", ""), dimension=dimension)

    return make


def test_the_reducer_is_fitted_on_and_applied_to_the_complete_matrix(
    run: Callable[..., EncodeReport], with_reducer: Callable[..., EncodeRequest]
) -> None:
    features = load_embeddings(run("features.npz").path).matrix
    reduced = load_embeddings(encode(with_reducer()).path)
    expected = (features - features.mean(axis=0))[:, :2]
    np.testing.assert_allclose(reduced.matrix, expected, rtol=1e-5, atol=1e-4)
    reduction = reduced.metadata["reduction"]
    assert (reduction["features"], reduction["bytes_per_row"]) == (3, 8.0)


def test_a_built_in_reducer_returns_the_requested_dimension(
    planned: Callable[..., EncodeRequest],
) -> None:
    report = encode(replace(planned(dimension=2), reducer=find("reducer", "core/pca")))
    assert (report.rows, report.columns) == (12, 2)


def test_an_encoders_reducer_is_that_of_its_own_plugin(
    planned: Callable[..., EncodeRequest], run: Callable[..., EncodeReport]
) -> None:
    request = planned(encoder="toy-reduced")
    assert request.reducer is not None
    assert (request.reducer.full_name, request.dimension) == ("toy-plugin/pca", 2)
    features = load_embeddings(run("features.npz").path).matrix
    reduced = load_embeddings(encode(request).path).matrix
    np.testing.assert_array_equal(reduced, features[:, :2])


@pytest.mark.parametrize("fault", ["short", "nan", "beyond float32", "wide", "flat", "no columns"])
def test_fault_53_a_reducer_that_breaks_its_contract_is_named(
    with_reducer: Callable[..., EncodeRequest], tmp_path: Path, fault: str
) -> None:
    with pytest.raises(ComponentOutputError, match="the reducer test/cut returned shape") as caught:
        encode(with_reducer(fault))
    assert "expected 12 rows of at most 2 finite values" in caught.value.message
    assert caught.value.hint == "neuco plugins check test"
    assert not (tmp_path / "e.npz").exists()


def test_fault_53_an_encoder_must_return_one_code_per_row() -> None:
    class Coder:
        def to_codes(self, rows):
            return [b"x"] * (len(rows) - 1)

    spec = EncoderSpec(name="coder", summary="test", factory=Coder)
    message = "to_codes of the encoder test/coder returned 4 codes for 5 rows"
    with pytest.raises(ComponentOutputError, match=message):
        coded_bytes(Coder(), np.zeros((5, 2), np.float32), Component(spec, "test", "test", ""))


@pytest.mark.parametrize("fault", ["no bytes", "text", "negative", "infinite"])
def test_the_bytes_that_a_reducer_reports_are_checked(
    with_reducer: Callable[..., EncodeRequest], fault: str
) -> None:
    with pytest.raises(ComponentOutputError, match=r"bytes_per_row of the reducer test/cut retur"):
        encode(with_reducer(fault))
