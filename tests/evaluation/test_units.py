"""Units of labels: from names of columns, from ``--unit``, and refused where they cannot belong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neucocore.data.labels.label_file import LabelFile
from neucocore.data.labels.table import unit_in_name
from neucocore.errors import ConfigError
from neucocore.evaluation.inputs import ScoringTask
from neucocore.evaluation.units import with_units


@pytest.mark.parametrize(
    ("column", "unit"),
    [
        ("biomass [Mg/ha]", "Mg/ha"),
        ("height (m)", "m"),
        ("flux [kg m-2 s-1] mean", "kg m-2 s-1"),
        ("yield [t ha⁻¹]", "t ha⁻¹"),
        ("density [g/cm(3)]", "g/cm(3)"),
        ("height", ""),
        ("odd [] name", ""),
    ],
)
def test_the_unit_is_in_the_brackets_of_a_name(column, unit):
    assert unit_in_name(column) == unit


def tasks(**units):
    y = np.array([1.0, 2.0])
    return [
        ScoringTask(key, key, "multiclass" if key == "cover" else "regression", ("a", "b"), y, "r2",
                    unit=unit)
        for key, unit in units.items()
    ]  # fmt: skip


def files(*names):
    y = np.array([1.0])
    return [LabelFile(Path("t.csv"), name, "regr", "regression", ("a",), y) for name in names]


def units_of(made):
    return {task.key: task.unit for task in made}


def test_a_unit_belongs_to_the_only_task_with_numbers_or_to_the_named_one():
    assert units_of(
        with_units(tasks(biomass="", cover=""), ["Mg/ha"], files("biomass", "cover"))
    ) == {
        "biomass": "Mg/ha",
        "cover": "",
    }
    made = with_units(tasks(a="", b="m", c=""), ["a=K", "c=m/s"], files("a", "b", "c"))
    assert units_of(made) == {"a": "K", "b": "m", "c": "m/s"}
    assert units_of(with_units(tasks(b="m"), ["b=m", "other=K"], files("b", "other"))) == {"b": "m"}


@pytest.mark.parametrize(
    ("units", "problem"),
    [
        (["K"], "--unit K: 2 tasks have numbers as labels"),
        (["hieght=m"], "--unit hieght=m: no label column 'hieght'; did you mean 'height'?"),
        (["cover=m"], "--unit cover=m: cover has classes, which have no unit"),
        (["height=ft"], "--unit height=ft: the unit of height is m"),
        (["mass=kg", "mass=t"], "--unit mass=t: the unit of mass is kg"),
        (["mass="], "--unit mass=: the unit is empty"),
    ],
)
def test_units_that_belong_to_no_task_are_refused_with_an_example(units, problem):
    made = tasks(height="m", mass="", cover="")
    with pytest.raises(ConfigError) as caught:
        with_units(made, units, files("height", "mass", "cover"))
    assert caught.value.problems == (problem,)
    assert "--unit 'height=Mg/ha'; label columns with numbers: height, mass" in caught.value.hint
