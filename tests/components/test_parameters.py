from __future__ import annotations

from typing import Any

import pytest

from neucocore.components.parameters import check_values, parse_settings
from neucocore.components.specs import Param
from neucocore.errors import ConfigError

PARAMS = (
    Param("dimension", "int", 8, "columns"),
    Param("scale", "float", 1.0, "factor"),
    Param("mode", "str", "a", "which", choices=("a", "b")),
    Param("fast", "bool", False, "hurry"),
    Param("bands", "list", None, "which bands", nullable=True),
)


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
def test_a_setting_is_converted_to_the_declared_type(setting: str, value: Any) -> None:
    (parsed,) = parse_settings([setting], PARAMS, of="x").values()
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("setting", "problem"),
    [
        ("dimension=1_000", "parameter dimension: '1_000' is not an integer"),
        ("scale=１２", "parameter scale: '１２' is not a number"),  # noqa: RUF001
        ("dimension=8.5", "parameter dimension: '8.5' is not an integer"),
        ("dimension=none", "parameter dimension: 'none' is not an integer"),
        ("scale=big", "parameter scale: 'big' is not a number"),
        ("scale=nan", "parameter scale: 'nan' is not a finite number"),
        ("scale=-inf", "parameter scale: '-inf' is not a finite number"),
        ("mode=c", "parameter mode: 'c' is not one of 'a', 'b'"),
        ("fast=maybe", "parameter fast: 'maybe' is not true or false"),
        ("dimensions=8", "unknown parameter 'dimensions'; did you mean 'dimension'?"),
        ("dimension", "--set 'dimension': expected name=value"),
    ],
)
def test_an_invalid_setting_is_reported(setting: str, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_settings([setting], PARAMS, of="x")
    assert caught.value.problems == (problem,)


def test_all_invalid_settings_are_reported_together() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_settings(["a=1", "dimension=x", "scale=1", "scale=2"], PARAMS, of="x")
    assert len(caught.value.problems) == 3
    assert caught.value.hint == (
        "the parameters of x are dimension, scale, mode, fast, bands; see neuco info x"
    )


def test_the_hint_states_that_a_component_has_no_parameters() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_settings(["a=1"], (), of="x")
    assert caught.value.hint == "x has no parameters"


@pytest.mark.parametrize(
    ("values", "value"),
    [({"dimension": 16}, 16), ({"bands": ["B04"]}, ["B04"]), ({"bands": None}, None)],
)
def test_values_from_a_file_keep_their_types(values: dict[str, Any], value: Any) -> None:
    assert list(check_values(values, PARAMS, of="x").values()) == [value]


@pytest.mark.parametrize("values", [{"dimension": True}, {"dimension": 8.0}, {"mode": 3}], ids=str)
def test_values_from_a_file_are_not_converted_silently(values: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="invalid parameters for x"):
        check_values(values, PARAMS, of="x")


@pytest.mark.parametrize(
    ("value", "problem"),
    [("0", "must be at least 1, found 0"), (-5, "must be at least 1, found -5")],
)
def test_a_number_below_the_minimum_is_refused(value, problem) -> None:
    rows = Param("rows", "int", 10, "rows", minimum=1)
    assert check_values({"rows": 1}, [rows], of="x") == {"rows": 1}
    with pytest.raises(ConfigError) as caught:
        check_values({"rows": value}, [rows], of="x")
    assert caught.value.problems == (f"parameter rows: {problem}",)


def test_a_number_must_be_greater_than_its_lower_limit() -> None:
    step = Param("step", "float", 0.1, "step", above=0)
    assert check_values({"step": "1e-9"}, [step], of="x") == {"step": 1e-9}
    with pytest.raises(ConfigError) as caught:
        check_values({"step": 0}, [step], of="x")
    assert caught.value.problems == ("parameter step: must be greater than 0, found 0.0",)
