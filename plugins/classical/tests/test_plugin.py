"""The specs of the plugin."""

from __future__ import annotations

import importlib
import inspect

import pytest

from neuco_plugin_classical import plugin
from neucocore.plugin import EncoderSpec


@pytest.mark.parametrize("spec", plugin.neuco_encoders(), ids=lambda spec: spec.name)
def test_factories_accept_the_declared_parameters(spec: EncoderSpec) -> None:
    module, attribute = str(spec.factory).split(":")
    factory = getattr(importlib.import_module(module), attribute)
    assert set(inspect.signature(factory).parameters) == {param.name for param in spec.params}
    assert hasattr(factory(**{param.name: param.default for param in spec.params}), "encode")


def test_only_the_encoder_with_pca_is_fitted_on_the_encoded_cubes() -> None:
    fits = {spec.name: (spec.fit, spec.reducer) for spec in plugin.neuco_encoders()}
    assert fits.pop("thumbnails-pca") == ("transductive", "pca")
    assert set(fits.values()) == {("none", None)}
