from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from neucocore.components import discovery
from neucocore.data.labels.label_folder import read_label_folder
from neucocore.errors import (
    AmbiguousComponentError,
    DataError,
    UnknownComponentError,
)
from neucocore.evaluation.tasks import TaskSelection, select_tasks

PLUGIN = Path(__file__).with_name("task_plugin.py")
ROWS = "a,1,True\nb,2,True\nc,4,False\n"


@pytest.fixture(autouse=True)
def task_plugin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(discovery.PATH_VARIABLE, str(PLUGIN))
    discovery.forget()
    yield
    discovery.forget()


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    for name in ("wod__regr", "double__regr", "my_task__regr"):
        (tmp_path / f"{name}.csv").write_text("id,label,dev\n" + ROWS)
    (tmp_path / "yes__cls.csv").write_text("id,label,dev\na,no,1\nb,yes,1\nc,yes,0\n")
    return tmp_path


def select(labels: Path, **how: object) -> TaskSelection:
    return select_tasks(read_label_folder(labels), **how)  # type: ignore[arg-type]


def keys(selection: TaskSelection) -> list[str]:
    return [task.key for task in selection.tasks]


def test_a_task_claims_the_label_files_of_its_own_data_set_only(labels: Path) -> None:
    assert keys(select(labels, dataset="toy-data")) == ["double@1", "my_task", "wood@2", "yes"]
    assert keys(select(labels, dataset="other")) == ["double", "my_task", "wod", "yes"]
    assert keys(select(labels)) == ["double", "my_task", "wod", "yes"]


def test_the_newest_version_claims_unless_another_is_named(labels: Path) -> None:
    selection = select(labels, dataset="toy-data", patterns=["wood@1"])
    assert keys(selection) == ["wood@1"]


def test_a_claimed_task_has_its_own_metric_and_labels(labels: Path) -> None:
    tasks = {task.key: task for task in select(labels, dataset="toy-data").tasks}
    assert tasks["double@1"].y.tolist() == [2.0, 4.0, 8.0]
    assert tasks["double@1"].metric == "rmse"
    assert tasks["my_task"].metric == "r2"
    assert (tasks["yes"].problem, tasks["yes"].classes) == ("binary", ("no", "yes"))


def test_a_subset_acts_first(labels: Path) -> None:
    selection = select(labels, dataset="toy-data", subset="dev", patterns=["double"])
    assert selection.labelled_ids == {"a", "b"}
    assert selection.tasks[0].y.tolist() == [2.0, 4.0]


def test_the_task_filter_leaves_the_labelled_ids_alone(labels: Path) -> None:
    (labels / "more__regr.csv").write_text("id,label,dev\nz,1,True\ny,3,True\n")
    assert "z" in select(labels, patterns=["yes"]).labelled_ids


def test_wildcards_and_stems_choose_tasks(labels: Path) -> None:
    assert keys(select(labels, dataset="toy-data", patterns=["wo*", "my_*"])) == [
        "my_task",
        "wood@2",
    ]
    assert keys(select(labels, dataset="toy-data", patterns=["wod"])) == ["wood@2"]


def test_an_unknown_task_is_answered_with_the_nearest(labels: Path) -> None:
    with pytest.raises(UnknownComponentError, match="unknown task 'my_tsak'; did you mean"):
        select(labels, patterns=["my_tsak"])


def test_an_installed_task_of_another_data_set_is_explained(labels: Path) -> None:
    with pytest.raises(UnknownComponentError) as caught:
        select(labels, patterns=["wood"])
    assert "name the data set with --dataset" in (caught.value.hint or "")


def test_a_problem_of_another_kind_is_refused(labels: Path) -> None:
    (labels / "wod__regr.csv").unlink()
    (labels / "wod__cls.csv").write_text("id,label,dev\na,no,1\nb,yes,1\nc,yes,0\n")
    with pytest.raises(DataError, match=r"holds binary labels; the task .*wood is regression"):
        select(labels, dataset="toy-data")


def test_dropped_labels_are_counted(labels: Path) -> None:
    (labels / "gaps__regr.csv").write_text("id,label\na,1\nb,\nc,nan\nd,2\n")
    warnings = select(labels).warnings
    assert any("gaps__regr.csv: row without a label dropped (2 times)" in w for w in warnings)


def test_a_label_file_two_plugins_claim_asks_which(
    labels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rival = tmp_path / "rival.py"
    rival.write_text(PLUGIN.read_text())
    monkeypatch.setenv(discovery.PATH_VARIABLE, os.pathsep.join(map(str, (PLUGIN, rival))))
    discovery.forget()
    (labels / "double__regr.csv").unlink()
    with pytest.raises(AmbiguousComponentError, match=r": rival/wood, task-plugin/wood\n") as said:
        select(labels, dataset="toy-data")
    assert "--tasks rival/wood" in str(said.value.hint)
    assert keys(select(labels, dataset="toy-data", patterns=["rival/wood"])) == ["wood@2"]


def test_a_subset_leaves_out_the_tasks_without_a_row_and_says_so(labels: Path) -> None:
    (labels / "late__regr.csv").write_text("id,label,dev\nz,1,False\n")
    selection = select(labels, subset="dev")
    assert "late" not in keys(selection)
    assert "late is left out: no row in the subset dev" in selection.warnings
    assert selection.left_out == (("late", "no row in the subset dev"),)


def test_a_subset_that_is_true_nowhere_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "late__regr.csv").write_text("id,label,dev\nz,1,False\n")
    with pytest.raises(DataError, match="subset 'dev': no labelled row has a true value"):
        select(tmp_path, subset="dev")
