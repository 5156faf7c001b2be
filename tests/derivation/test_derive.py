from pathlib import Path

import numpy as np
import pytest

from neucocore.components import lookup
from neucocore.components.discovery import Component, Installation, PluginRecord
from neucocore.components.specs import Param, TaskSpec
from neucocore.data.labels.labels import Labels
from neucocore.derivation import derive
from neucocore.derivation.derive import derivable, derive_folder, derive_labels, file_name
from neucocore.errors import (
    ComponentLoadError,
    ComponentOutputError,
    ConfigError,
    UnknownComponentError,
)
from neucocore.testing import make_cubes, write_cube_folder


def task(derive, **more) -> Component:
    given = {"name": "made-up", "dataset": "folder", "problem": "regression"} | more
    spec = TaskSpec(summary="A task of this test", primary_metric="r2", derive=derive, **given)
    return Component(spec, "test", "neuco-plugin-test", "1.0")


def test_parameters_have_their_defaults_unless_set():
    def derive(ids, sources, *, factor, add):
        return Labels(ids, np.full(len(ids), factor + add + len(sources)))

    params = (Param("factor", "float", 10.0, "a factor"), Param("add", "float", 1.0, "a term"))
    component = task(derive, derive_params=params)

    labels = derive_labels(component, ["a", "b"], [Path("x")], {"add": 5.0})

    assert labels.y.tolist() == [16.0, 16.0]


def test_a_task_without_a_derivation_is_an_error():
    with pytest.raises(ConfigError, match="made-up@1 cannot be derived"):
        derive_labels(task(None), ["a"], [])


def test_a_missing_package_is_an_error_that_names_the_extra():
    def derive(ids, sources):
        raise ModuleNotFoundError("No module named 'h5py'", name="h5py")

    with pytest.raises(ComponentLoadError, match="h5py") as caught:
        derive_labels(task(derive), ["a"], [])
    assert caught.value.hint == "pip install 'neuco-plugin-test[derive]'"


@pytest.mark.parametrize(
    ("returned", "problem"),
    [
        pytest.param([1.0], "returned list, not Labels", id="not labels"),
        pytest.param(Labels(("c",), np.ones(1)), "1 ids that were not asked for: c", id="new id"),
        pytest.param(Labels(("a", "a"), np.ones(2)), "1 ids occur more than once", id="repeated"),
        pytest.param(Labels((), np.ones(0)), "there is no labelled sample", id="empty"),
    ],
)
def test_labels_that_the_contract_forbids_are_an_error(returned, problem):
    with pytest.raises(ComponentOutputError, match=f"(?s)test/made-up.*{problem}"):
        derive_labels(task(lambda ids, sources: returned), ["a", "b"], [])


def test_a_derivation_that_raises_is_an_error():
    with pytest.raises(
        ComponentOutputError, match=r"task test/made-up .* raised ZeroDivisionError"
    ):
        derive_labels(task(lambda ids, sources: 1 / 0), ["a"], [])


def test_a_derivation_may_return_plain_lists():
    labels = derive_labels(task(lambda ids, sources: Labels(["a"], [1.0])), ["a", "b"], [])
    assert labels.ids == ("a",)
    assert labels.y.tolist() == [1.0]


def test_labels_outside_of_the_range_are_a_warning():
    component = task(
        lambda ids, sources: Labels(ids, np.array([0.5, 1.5])), low=0.0, high=1.0, unit="share"
    )

    (finding,) = derive_labels(component, ["a", "b"], []).findings

    assert finding.message == "label outside the task's range of 0 to 1 share"
    assert finding.examples == ("b",)


def test_a_label_file_has_the_name_that_the_task_claims():
    assert file_name(task(None, aliases=("made_up", "madeup"))) == "made_up__regr.csv"
    assert file_name(task(None)) == "made-up__regr.csv"


def test_a_wildcard_without_matching_tasks_is_an_error():
    with pytest.raises(UnknownComponentError):
        derivable(["no-such-task-*"])


def test_a_wildcard_matches_only_tasks_with_a_derivation(installed_tasks):
    installed_tasks(task(None), task(lambda ids, sources: None, version=2))
    assert [c.versioned_name for c in derivable(["made-*"])] == ["made-up@2"]
    installed_tasks(task(None))
    with pytest.raises(UnknownComponentError, match=r"made-\*"):
        derivable(["made-*"])


def test_without_tasks_to_derive_no_folder_is_written(installed_tasks, cubes, tmp_path):
    installed_tasks()
    assert derive_folder("synthetic-earth", cubes, tmp_path / "labels") == {}
    assert not (tmp_path / "labels").exists()


def test_a_task_that_fails_does_not_affect_the_others(installed_tasks, cubes, tmp_path):
    def other_source(ids, sources):
        raise ConfigError("needs a map")

    good = task(lambda ids, sources: Labels(ids, np.ones(len(ids))))
    bad = [task(other_source, name="mapped"), task(lambda ids, sources: 1 / 0, name="wrong")]
    installed_tasks(good, *bad)

    derived = derive_folder("folder", cubes, tmp_path / "labels")

    assert str(derived["mapped"]) == "needs a map"
    assert isinstance(derived["wrong"], ComponentOutputError)
    assert [file.name for file in (tmp_path / "labels").iterdir()] == ["made-up__regr.csv"]


@pytest.fixture
def cubes(tmp_path):
    return write_cube_folder(tmp_path / "cubes", make_cubes(2, modalities=("s1",), size=4))


@pytest.fixture
def installed_tasks(monkeypatch):
    """Return a function that makes its tasks the only installed ones."""

    def install(*tasks):
        plugin = PluginRecord(
            "test", "neuco-plugin-test", "1.0", "test", "loaded", components=tasks
        )
        found = Installation((plugin,))
        for module in (derive, lookup):
            monkeypatch.setattr(module, "installation", lambda: found)

    return install
