"""The specs of the plugin."""

from __future__ import annotations

import inspect
import subprocess
import sys

from neuco_plugin_temporal_mosaiks import plugin
from neuco_plugin_temporal_mosaiks.encoder import TemporalMosaiks


def test_defaults_are_those_of_the_published_entry() -> None:
    spec, _ = plugin.neuco_encoders()
    assert spec.fit == "transductive"
    assert (spec.reducer, spec.dimension) == ("pca", 1024)
    assert {param.name: param.default for param in spec.params} == {
        "features": 4096,
        "kernel": 3,
        "bias": -1.0,
        "mode": "empirical",
        "seed": 10012023,
        "stride": 1,
        "modalities": None,
        "dates": "each",
    }


def test_the_encoder_has_the_declared_parameters_and_defaults() -> None:
    spec, trained = plugin.neuco_encoders()
    signature = inspect.signature(TemporalMosaiks).parameters
    defaults = {name: p.default for name, p in signature.items()}
    assert defaults == {param.name: param.default for param in spec.params}
    assert defaults | {"dimension": 1024} == {p.name: p.default for p in trained.params}


def test_the_variant_is_fitted_on_training_cubes() -> None:
    _, trained = plugin.neuco_encoders()
    assert trained.fit == "train"
    assert trained.reducer is None


def test_listing_imports_neither_numpy_nor_numba() -> None:
    code = (
        "import sys; from neuco_plugin_temporal_mosaiks import plugin; plugin.neuco_encoders(); "
        "print([m for m in ('numpy', 'numba', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
