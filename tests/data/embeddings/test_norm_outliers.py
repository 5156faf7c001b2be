from __future__ import annotations

import numpy as np
import pytest

from neucocore.data.embeddings.thorough import norm_outliers

RNG = np.random.default_rng(1)


def test_rows_on_another_scale_are_named():
    x = RNG.normal(size=(200, 32)).astype("f4")
    x[7] *= 100
    x[9] /= 1000
    (finding,) = norm_outliers(x, [f"r{row}" for row in range(200)])
    assert (finding.count, finding.examples) == (2, ("r7", "r9"))


@pytest.mark.parametrize("seed", range(30))
def test_ordinary_rows_are_not(seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(150, 24))
    scaled = x * np.exp(rng.normal(size=(150, 1)))
    unit = x / np.linalg.norm(x, axis=1)[:, None]
    for kind in (x, np.maximum(x, 0), rng.standard_t(3, x.shape), scaled, unit):
        assert norm_outliers(kind.astype("f4"), [""] * 150) == []
