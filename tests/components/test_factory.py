from __future__ import annotations

from typing import Any

import pytest

from neucocore.components.discovery import Component
from neucocore.components.factory import create, plugin_errors, resolve
from neucocore.components.specs import (
    EncoderSpec,
    Factory,
    MetricSpec,
    Param,
    ProtocolSpec,
    ReducerSpec,
)
from neucocore.errors import ComponentLoadError, ComponentOutputError, DataError

PARAMS = (
    Param("dimension", "int", 8, "columns"),
    Param("scale", "float", 1.0, "factor"),
)


class Keeper:
    """An encoder and a protocol that keeps what it is created with."""

    def __init__(self, *args: Any, **params: Any) -> None:
        self.args, self.params = args, params

    def encode(self, cubes: Any) -> None: ...

    def score(self, inputs: Any) -> None: ...


def component(factory: Factory, *params: Param) -> Component:
    spec = EncoderSpec(name="x", summary="s", factory=factory, params=params)
    return Component(spec, "mine", "neuco-plugin-mine", "1.0")


def test_a_factory_receives_the_defaults_and_the_values() -> None:
    created = create(component(Keeper, *PARAMS), scale=2.0)
    assert created.params == {"dimension": 8, "scale": 2.0}


def test_positional_arguments_are_passed_to_the_factory() -> None:
    assert create(component(Keeper), 7).args == (7,)


@pytest.mark.parametrize(
    ("spec", "has", "missing"),
    [
        (EncoderSpec, "", "encode"),
        (EncoderSpec, "encode prepare", "state and no method restore"),
        (ReducerSpec, "fit apply state", "bytes_per_row"),
        (ProtocolSpec, "", "score"),
    ],
)
def test_an_object_without_the_methods_of_its_kind_is_an_error(
    spec: Any, has: str, missing: str
) -> None:
    factory = type("Broken", (), {name: lambda self: None for name in has.split()})
    broken = Component(spec(name="x", summary="s", factory=factory), "mine", "mine.py", "")
    with pytest.raises(
        ComponentOutputError, match=f"of type Broken, which has no method {missing}"
    ):
        create(broken)


def test_a_method_that_is_no_function_is_missing() -> None:
    factory = type("Broken", (), {"encode": "vectors"})
    with pytest.raises(ComponentOutputError, match="no method encode"):
        create(component(factory))


def test_a_metric_without_parameters_is_the_function_itself() -> None:
    spec = MetricSpec(name="m", summary="s", factory="builtins:max", problems=("binary",))
    assert create(Component(spec, "p", "d", "1")) is max


def test_a_protocol_is_created_without_its_options() -> None:
    options = (Param("folds", "int", 5, "splits"),)
    spec = ProtocolSpec(name="p", summary="s", factory=Keeper, params=options)
    assert create(Component(spec, "p", "d", "1")).params == {}


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
