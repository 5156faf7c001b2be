"""Embeddings files that version 0.1 has written are read by every later version."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import neucocore as nc
from neucocore.evaluation.load import _recorded

FOLDER = Path(__file__).parent.parent.parent / "fixtures" / "embeddings"
VALUES = np.array([[0.1, -2], [3.5, 1e-8], [7, 0.25]], np.float32)


@pytest.mark.parametrize("suffix", ["csv", "parquet", "npz"])
def test_format_1_is_read_to_the_last_bit(suffix):
    file = FOLDER / f"format-1.{suffix}"
    found = nc.load_embeddings(file)
    assert found.ids == ("a", "b", "c")
    assert found.matrix.tobytes() == VALUES.tobytes()
    assert _recorded(found.metadata, file, "fit") == "none"
    assert _recorded(found.metadata, file, "model")["id"] == "core/mean"
