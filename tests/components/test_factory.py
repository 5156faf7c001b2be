from __future__ import annotations

from typing import Any

import pytest

from neucocore.components.discovery import Component
from neucocore.components.factory import create, plugin_errors, resolve
from neucocore.components.specs import EncoderSpec, Factory, MetricSpec, Param, ProtocolSpec
from neucocore.errors import ComponentLoadError, ComponentOutputError, DataError

PARAMS = (
    Param("dimension", "int", 8, "columns"),
    Param("scale", "float", 1.0, "factor"),
)


def component(factory: Factory, *params: Param) -> Component:
    spec = EncoderSpec(name="x", summary="s", factory=factory, params=params)
    return Component(spec, "mine", "neuco-plugin-mine", "1.0")


def test_a_factory_receives_the_defaults_and_the_values() -> None:
    assert create(component("builtins:dict", *PARAMS), scale=2.0) == {"dimension": 8, "scale": 2.0}


def test_positional_arguments_are_passed_to_the_factory() -> None:
    assert create(component("builtins:str"), 7) == "7"


def test_a_metric_without_parameters_is_the_function_itself() -> None:
    spec = MetricSpec(name="m", summary="s", factory="builtins:max", problems=("binary",))
    assert create(Component(spec, "p", "d", "1")) is max


def test_a_protocol_is_created_without_its_options() -> None:
    options = (Param("folds", "int", 5, "splits"),)
    spec = ProtocolSpec(name="p", summary="s", factory="builtins:dict", params=options)
    assert create(Component(spec, "p", "d", "1")) == {}


def test_a_missing_dependency_names_the_component_the_distribution_and_the_module() -> None:
    with pytest.raises(ComponentLoadError) as caught:
        create(component("a_package_that_is_not_there.sub:Encoder"))
    assert caught.value.message == (
        "the encoder mine/x of neuco-plugin-mine cannot be imported: "
        "ModuleNotFoundError: No module named 'a_package_that_is_not_there'"
    )


def test_a_dependency_imported_only_when_encoding_gives_the_same_hint() -> None:
    with pytest.raises(ComponentOutputError) as caught, plugin_errors(component("builtins:dict")):
        raise ModuleNotFoundError("No module named 'absent'", name="absent")
    assert caught.value.hint == "install the package that provides the Python module 'absent'"


def test_a_missing_attribute_suggests_the_conformance_kit() -> None:
    with pytest.raises(ComponentLoadError) as caught:
        resolve(component("builtins:Encoder"), "builtins:Encoder")
    assert caught.value.hint == "neuco plugins check mine"


def exits(**_: Any) -> None:
    raise SystemExit(3)


def fails(**_: Any) -> None:
    raise RuntimeError("no weights")


def raises_data_error(**_: Any) -> None:
    raise DataError("the file is empty")


@pytest.mark.parametrize(
    ("factory", "message"), [(exits, "SystemExit: 3"), (fails, "RuntimeError: no weights")]
)
def test_the_error_of_a_failing_factory_names_the_component(factory: Factory, message: str) -> None:
    with pytest.raises(ComponentLoadError, match=f"encoder mine/x cannot be created: {message}"):
        create(component(factory))


def test_an_error_of_neuco_passes_unchanged() -> None:
    with pytest.raises(DataError, match="the file is empty"):
        create(component(raises_data_error))
