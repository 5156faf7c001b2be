from pathlib import Path

import numpy as np
import pytest

from neucocore.data.labels import Labels
from neucocore.derivation.derive import derivable, derive_labels, file_name
from neucocore.discovery import Component
from neucocore.errors import (
    ComponentLoadError,
    ComponentOutputError,
    ConfigError,
    UnknownComponentError,
)
from neucocore.specs import Param, TaskSpec


def task(derive, **more) -> Component:
    spec = TaskSpec(
        name="made-up",
        summary="A task of this test",
        dataset="folder",
        problem="regression",
        primary_metric="r2",
        derive=derive,
        **more,
    )
    return Component(spec, "test", "neuco-plugin-test", "1.0")


def test_parameters_have_their_defaults_unless_set():
    def derive(ids, sources, *, factor, add):
        return Labels(ids, np.full(len(ids), factor + add + len(sources)))

    params = (Param("factor", "float", 10.0, "a factor"), Param("add", "float", 1.0, "a term"))
    component = task(derive, derive_params=params)

    labels = derive_labels(component, ["a", "b"], [Path("x")], {"add": 5.0})

    assert labels.y.tolist() == [16.0, 16.0]


def test_a_task_without_derivation_says_so():
    with pytest.raises(ConfigError, match="made-up@1 cannot be derived"):
        derive_labels(task(None), ["a"], [])


def test_a_missing_package_is_answered_with_the_plugins_extra():
    def derive(ids, sources):
        raise ModuleNotFoundError("No module named 'h5py'", name="h5py")

    with pytest.raises(ComponentLoadError, match="h5py") as caught:
        derive_labels(task(derive), ["a"], [])
    assert caught.value.hint == "pip install 'neuco-plugin-test[derive]'"


@pytest.mark.parametrize(
    "returned",
    [
        pytest.param([1.0], id="no Labels"),
        pytest.param(Labels(("c",), np.ones(1)), id="a strange id"),
        pytest.param(Labels(("a", "a"), np.ones(2)), id="an id twice"),
        pytest.param(Labels(("a",), np.ones(2)), id="another length"),
        pytest.param(Labels(("a",), np.array([np.nan])), id="not finite"),
        pytest.param(Labels((), np.ones(0)), id="empty"),
    ],
)
def test_a_derivation_that_breaks_its_contract_is_named(returned):
    with pytest.raises(ComponentOutputError, match="test/made-up"):
        derive_labels(task(lambda ids, sources: returned), ["a", "b"], [])


def test_labels_out_of_the_tasks_range_are_counted():
    component = task(
        lambda ids, sources: Labels(ids, np.array([0.5, 1.5])), low=0.0, high=1.0, unit="share"
    )

    (finding,) = derive_labels(component, ["a", "b"], []).findings

    assert finding.message == "label outside the task's range of 0 to 1 share"
    assert finding.examples == ("b",)


def test_a_label_file_is_named_as_the_tasks_data_set_names_it():
    assert file_name(task(None, aliases=("made_up", "madeup"))) == "made_up__regr.csv"
    assert file_name(task(None)) == "made-up__regr.csv"


def test_wildcards_mean_tasks_that_can_be_derived():
    with pytest.raises(UnknownComponentError):
        derivable(["no-such-task-*"])
