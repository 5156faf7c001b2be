"""Stored probes are arrays and JSON."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neucocore.errors import ResultsError
from neucocore.evaluation.outcome import StoredProbe
from neucocore.results.probes import load_probe, save_probe


def test_a_stored_probe_is_read_as_it_was_written(tmp_path: Path) -> None:
    weight = np.array([0.25, -1.5], dtype=np.float32)
    save_probe(tmp_path / "probe", StoredProbe({"weight": weight}, {"kind": "linear"}))
    probe = load_probe(tmp_path / "probe")
    assert np.array_equal(probe.arrays["weight"], weight)
    assert probe.meta == {"kind": "linear"}


def test_the_error_for_a_run_without_probes_names_the_option_that_stores_them(
    tmp_path: Path,
) -> None:
    with pytest.raises(ResultsError, match="--store-probes"):
        load_probe(tmp_path)


def test_a_pickle_is_never_loaded(tmp_path: Path) -> None:
    np.savez(tmp_path / "probe.npz", weight=np.array([{}], dtype=object), allow_pickle=True)
    (tmp_path / "probe.json").write_text("{}")
    with pytest.raises(ResultsError, match="cannot be read"):
        load_probe(tmp_path)
