from __future__ import annotations

from typing import Any

import pytest

from neucocore.components.discovery import Component
from neucocore.components.factory import check_values, create, parse_settings, resolve
from neucocore.components.specs import EncoderSpec, Factory, MetricSpec, Param
from neucocore.errors import ComponentLoadError, ConfigError, DataError

PARAMS = (
    Param("dimension", "int", 8, "columns"),
    Param("scale", "float", 1.0, "factor"),
    Param("mode", "str", "a", "which", choices=("a", "b")),
    Param("fast", "bool", False, "hurry"),
    Param("bands", "list", None, "which bands", nullable=True),
)


def component(factory: Factory, *params: Param) -> Component:
    spec = EncoderSpec(name="x", summary="s", factory=factory, params=params)
    return Component(spec, "mine", "neuco-plugin-mine", "1.0")


def test_a_factory_gets_defaults_and_values() -> None:
    made = create(component("builtins:dict", *PARAMS), scale=2.0)
    assert made == {"dimension": 8, "scale": 2.0, "mode": "a", "fast": False, "bands": None}


def test_positional_arguments_are_handed_on() -> None:
    assert create(component("builtins:str"), 7) == "7"


def test_a_metric_is_the_function_itself_with_its_parameters() -> None:
    spec = MetricSpec(name="m", summary="s", factory="builtins:max", problems=("binary",))
    assert create(Component(spec, "p", "d", "1")) is max


def test_a_missing_dependency_names_component_distribution_and_package() -> None:
    with pytest.raises(ComponentLoadError) as caught:
        create(component("a_package_that_is_not_there.sub:Encoder"))
    assert caught.value.message == (
        "the encoder mine/x of neuco-plugin-mine cannot be loaded: "
        "ModuleNotFoundError: No module named 'a_package_that_is_not_there'"
    )
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("pip install a_package_that_is_not_there, or the extra")


def test_a_missing_attribute_points_to_the_check() -> None:
    with pytest.raises(ComponentLoadError) as caught:
        resolve(component("builtins:Encoder"), "builtins:Encoder")
    assert caught.value.hint == "neuco plugins check mine"


def leave(**_: Any) -> None:
    raise SystemExit(3)


def fail(**_: Any) -> None:
    raise RuntimeError("no weights")


def refuse(**_: Any) -> None:
    raise DataError("the file is empty")


@pytest.mark.parametrize(
    ("factory", "said"), [(leave, "SystemExit: 3"), (fail, "RuntimeError: no weights")]
)
def test_a_factory_that_fails_is_named(factory: Factory, said: str) -> None:
    with pytest.raises(ComponentLoadError, match=f"encoder mine/x cannot be made: {said}"):
        create(component(factory))


def test_an_error_of_ours_is_left_as_it_is() -> None:
    with pytest.raises(DataError, match="the file is empty"):
        create(component(refuse))


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("dimension=16", 16),
        ("scale=1e-3", 1e-3),
        ("scale=2", 2.0),
        ("mode=b", "b"),
        ("fast=yes", True),
        ("fast=0", False),
        ("bands=B04, B08", ["B04", "B08"]),
        ("bands=none", None),
        (" dimension = 16 ", 16),
    ],
)
def test_a_setting_is_read_as_its_parameter_is_declared(setting: str, value: Any) -> None:
    (read,) = parse_settings([setting], PARAMS, of="x").values()
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("dimension=8.5", "parameter dimension: '8.5' is not of type int"),
        ("dimension=none", "parameter dimension: 'none' is not of type int"),
        ("scale=big", "parameter scale: 'big' is not of type float"),
        ("scale=nan", "parameter scale: 'nan' is not a finite number"),
        ("scale=-inf", "parameter scale: '-inf' is not a finite number"),
        ("mode=c", "parameter mode: 'c' is not one of 'a', 'b'"),
        ("fast=maybe", "parameter fast: 'maybe' is not of type bool"),
        ("dimensions=8", "unknown parameter 'dimensions'; did you mean 'dimension'?"),
        ("dimension", "--set 'dimension': expected name=value"),
    ],
)
def test_a_setting_that_cannot_be_used_is_said(setting: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_settings([setting], PARAMS, of="x")
    assert caught.value.problems == (said,)


def test_all_bad_settings_are_said_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_settings(["a=1", "dimension=x", "scale=1", "scale=2"], PARAMS, of="x")
    assert len(caught.value.problems) == 3
    assert caught.value.hint is not None
    assert "its parameters are dimension, scale, mode, fast, bands" in caught.value.hint


@pytest.mark.parametrize(
    ("given", "value"),
    [({"dimension": 16}, 16), ({"bands": ["B04"]}, ["B04"]), ({"bands": None}, None)],
)
def test_values_of_a_file_keep_their_types(given: dict[str, Any], value: Any) -> None:
    assert list(check_values(given, PARAMS, of="x").values()) == [value]


@pytest.mark.parametrize("given", [{"dimension": True}, {"dimension": 8.0}, {"mode": 3}], ids=str)
def test_values_of_a_file_are_not_converted_silently(given: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="cannot be used"):
        check_values(given, PARAMS, of="x")
