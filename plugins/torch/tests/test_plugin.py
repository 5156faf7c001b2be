"""The specs of the plugin."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys

import pytest

from neuco_plugin_torch import plugin
from neucocore.plugin import EncoderSpec, ReducerSpec
from neucocore.testing import check_plugin

SPECS = [*plugin.neuco_encoders(), *plugin.neuco_reducers()]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_the_factories_have_the_declared_parameters_and_defaults(
    spec: EncoderSpec | ReducerSpec,
) -> None:
    module, attribute = str(spec.factory).split(":")
    signature = inspect.signature(getattr(importlib.import_module(module), attribute))
    accepted = {
        name: parameter.default
        for name, parameter in signature.parameters.items()
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD
    }
    declared = {param.name: param.default for param in spec.params}
    if spec.name == "rcf-gpu":  # passes the others on
        assert accepted == {"device": declared["device"]}
    elif spec.kind == "reducer":
        assert accepted == {"dimension": None, **declared}
    else:
        assert accepted == declared


def test_the_autoencoder_is_trained_as_published() -> None:
    (spec,) = plugin.neuco_reducers()
    published = {
        "hidden": 2048,
        "dropout": 0.1,
        "epochs": 160,
        "batch": 32,
        "learning_rate": 1e-4,
        "weight_decay": 0.05,
    }
    defaults = {param.name: param.default for param in spec.params}
    assert published.items() <= defaults.items()


def test_every_encoder_declares_what_it_is_fitted_on() -> None:
    assert {spec.name: spec.fit for spec in plugin.neuco_encoders()} == {
        "vit": "none",
        "resnet": "none",
        "neural-compressor": "transductive",
        "neural-compressor-train": "train",
        "rcf-gpu": "transductive",
    }


def test_every_encoder_declares_what_it_reads() -> None:
    published = ("s1", "s2l1c", "s2l2a")
    assert {spec.name: (spec.modalities, spec.reads) for spec in plugin.neuco_encoders()} == {
        "vit": ((), "bands"),
        "resnet": ((), "bands"),
        "neural-compressor": (published, "modalities"),
        "neural-compressor-train": (published, "modalities"),
        "rcf-gpu": ((), "modalities"),
    }


def test_listing_imports_neither_torch_nor_numpy() -> None:
    code = (
        "import sys; from neuco_plugin_torch import plugin; plugin.neuco_encoders(); "
        "plugin.neuco_reducers(); print([m for m in ('torch', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_plugin_passes_the_conformance_kit(recwarn: pytest.WarningsRecorder) -> None:
    broken = [(r.id, r.component, r.reason) for r in check_plugin("torch") if r.broken]
    assert broken == []
