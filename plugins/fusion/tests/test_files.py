"""Fusing several embeddings files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neuco_plugin_fusion.files import fuse
from neucocore.plugin import ConfigError, IdError

Save = Callable[..., Path]
RNG = np.random.default_rng(3)
A, B = RNG.standard_normal((120, 5)), 100 * RNG.standard_normal((120, 3))


def test_rows_are_matched_by_id(save: Save) -> None:
    names = [f"n{i:03}" for i in range(120)]
    a, b = save("a", A, names), save("b", B[::-1], names[::-1])
    fused = fuse([a, b], scaling="none", reducer=None)
    assert fused.ids == tuple(names)
    np.testing.assert_allclose(fused.matrix[:, :5], A - A.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(fused.matrix[:, 5:], B - B.mean(axis=0), atol=1e-3)


def test_pca_reduces_the_parts_together(save: Save) -> None:
    fused = fuse([save("a", A), save("b", B)], dimension=4)
    assert fused.matrix.shape == (120, 4)
    parts = [(m - m.mean(axis=0)) / np.sqrt(m.var(axis=0).sum()) for m in (A, B)]
    singular = np.linalg.svd(np.hstack(parts), compute_uv=False)
    np.testing.assert_allclose(np.linalg.norm(fused.matrix, axis=0), singular[:4], rtol=1e-4)


def test_metadata_list_the_parts_and_digests_of_their_content(save: Save) -> None:
    fused = fuse([save("a", A), save("b", B)], weights=[1, 2])
    parts: list[dict[str, Any]] = fused.metadata["fusion"]["parts"]
    assert [(p["name"], p["dimension"], p["weight"]) for p in parts] == [("a", 5, 1), ("b", 3, 2)]
    again = fuse([save("a", A), save("b", B + 1)], weights=[1, 2]).metadata["fusion"]["parts"]
    assert again[0]["sha256"] == parts[0]["sha256"]
    assert again[1]["sha256"] != parts[1]["sha256"]
    assert fused.metadata["fit"] == "transductive"


def test_files_with_different_ids_are_an_error_with_counts(save: Save) -> None:
    names = [f"n{i:03}" for i in range(120)]
    a, b = save("a", A, names), save("b", B[:118], names[:118])
    with pytest.raises(IdError, match="have different ids") as error:
        fuse([a, b])
    assert error.value.problems == ("2 of 120 ids are missing in b.npz: n118, n119",)


def test_fusing_one_file_is_an_error(save: Save) -> None:
    with pytest.raises(ConfigError, match="two or more embeddings files, not 1"):
        fuse([save("a", A)])
