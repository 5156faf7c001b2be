from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neucocore.components import discovery
from neucocore.components.discovery import PluginRecord
from neucocore.data.labels.label_file import LabelFile
from neucocore.data.labels.label_folder import read_label_folder
from neucocore.data.labels.label_set import UnusableLabels
from neucocore.data.labels.labels import Labels
from neucocore.errors import (
    AmbiguousComponentError,
    DataError,
    UnknownComponentError,
)
from neucocore.evaluation.claims import may_be_selected
from neucocore.evaluation.tasks import TaskSelection, select_tasks
from neucocore.files.findings import Finding

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


def test_a_problem_of_another_kind_fails_this_task_only(labels: Path) -> None:
    (labels / "wod__regr.csv").unlink()
    (labels / "wod__cls.csv").write_text("id,label,dev\na,no,1\nb,yes,1\nc,yes,0\n")
    selection = select(labels, dataset="toy-data")
    assert keys(selection) == ["double@1", "my_task", "yes"]
    (failed,) = selection.failed
    assert failed.key == "wood@2"
    assert "holds binary labels; the task task-plugin/wood is regression" in failed.reason
    with pytest.raises(DataError, match=r"holds binary labels; the task .*wood is regression"):
        select(labels, dataset="toy-data", patterns=["wood"])


def test_dropped_labels_are_counted(labels: Path) -> None:
    (labels / "gaps__regr.csv").write_text("id,label\na,1\nb,\nc,nan\nd,2\n")
    warnings = select(labels).warnings
    assert any("gaps__regr.csv: row without a label dropped (2 times)" in w for w in warnings)


def test_a_label_file_that_two_plugins_claim_is_a_failed_task_until_one_is_chosen(
    labels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rival = tmp_path / "rival.py"
    rival.write_text(PLUGIN.read_text())
    monkeypatch.setenv(discovery.PATH_VARIABLE, os.pathsep.join(map(str, (PLUGIN, rival))))
    discovery.forget()
    selection = select(labels, dataset="toy-data")
    assert keys(selection) == ["my_task", "yes"]
    assert [task.key for task in selection.failed] == ["double", "wod"]
    assert "wod__regr.csv: rival/wood, task-plugin/wood" in selection.failed[1].reason
    for typed in ("wood", "wood@2", "wod"):
        with pytest.raises(AmbiguousComponentError) as caught:
            select(labels, dataset="toy-data", patterns=[typed])
        assert caught.value.hint == "use --tasks rival/wood or --tasks task-plugin/wood"
    chosen = select(labels, dataset="toy-data", patterns=["rival/wood"])
    assert keys(chosen) == ["wood@2"]
    assert chosen.tasks[0].plugin == "rival"
    assert any("task-plugin/wood claims it too" in text for text in chosen.warnings)
    assert keys(select(labels, dataset="toy-data", patterns=["rival/wood@1"])) == ["wood@1"]
    assert keys(select(labels, dataset="toy-data", patterns=["my_task"])) == ["my_task"]


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


def installed(monkeypatch: pytest.MonkeyPatch, *more: PluginRecord, without: str = "") -> None:
    plugins = [p for p in discovery.installation().plugins if p.name != without]
    changed = discovery.Installation((*plugins, *more))
    monkeypatch.setattr("neucocore.evaluation.tasks.installation", lambda: changed)


def test_fault_54_a_plugin_that_failed_is_reported_if_a_label_file_could_be_its_task(
    labels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = PluginRecord("peat", "neuco-plugin-peat", "1", "", "failed", "ImportError: no gdal")
    installed(monkeypatch, failed)
    (warning,) = [w for w in select(labels, dataset="toy-data").warnings if "peat" in w]
    assert warning == (
        "the plugin peat is not loaded (ImportError: no gdal): label files that may belong to its "
        "tasks are scored as tasks of their own, in other tables: my_task__regr.csv, yes__cls.csv"
    )
    assert not any("peat" in w for w in select(labels).warnings)


def test_a_known_plugin_without_tasks_that_failed_is_not_reported(
    labels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = PluginRecord("classical", "neuco-plugin-classical", "1", "", "failed", "no scipy")
    installed(monkeypatch, failed, without="classical")
    assert not any("classical" in w for w in select(labels, dataset="toy-data").warnings)


def test_fault_54_a_known_plugin_that_is_not_installed_is_reported_with_its_label_file(
    labels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (labels / "biomass_mean__regr.csv").write_text("id,label,dev\n" + ROWS)
    installed(monkeypatch, without="biomass")
    (warning,) = [w for w in select(labels, dataset="toy-data").warnings if "biomass" in w]
    assert warning.startswith("the plugin biomass is not installed: label files that may belong")
    assert warning.endswith("biomass_mean__regr.csv")


def test_what_a_task_finds_in_its_labels_is_reported(
    labels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finding = Finding("odd", "warning", "label looks odd", 2, ("a", "b"))

    def labels_of(component: object, files: list[LabelFile]) -> Labels:
        return replace(files[0].labels(), findings=(finding,))

    monkeypatch.setattr("neucocore.evaluation.tasks.labels_of", labels_of)
    warnings = select(labels, dataset="toy-data", patterns=["double"]).warnings
    assert warnings == ("double@1: label looks odd (2 times): a, b",)


def test_labels_of_tasks_that_are_not_selected_are_not_checked(labels: Path) -> None:
    (labels / "wod__regr.csv").unlink()
    (labels / "wod__cls.csv").write_text("id,label,dev\na,no,1\nb,yes,1\nc,yes,0\n")
    assert keys(select(labels, dataset="toy-data", patterns=["double"])) == ["double@1"]


def test_a_task_without_a_row_in_the_subset_is_not_called_unknown(labels: Path) -> None:
    (labels / "late__regr.csv").write_text("id,label,dev\nz,1,False\ny,2,False\n")
    with pytest.raises(UnknownComponentError, match="task 'late' has no row in the subset dev"):
        select(labels, subset="dev", patterns=["late"])


def test_rows_without_a_label_and_outside_the_subset_are_counted(labels: Path) -> None:
    (labels / "gaps__regr.csv").write_text("id,label,dev\na,1,1\nb,,1\nc,3,0\nd,2,1\n")
    counts = select(labels, subset="dev").counts
    assert counts["gaps"] == {"rows_without_label": 1, "rows_outside_subset": 1}
    assert counts["my_task"] == {"rows_without_label": 0, "rows_outside_subset": 1}


def unusable(name: str) -> UnusableLabels:
    path = Path(name)
    return UnusableLabels(path, path.stem.rpartition("__")[0] or path.stem, DataError("broken"))


@pytest.mark.parametrize(
    ("name", "patterns", "expected"),
    [
        ("notes.csv", [], True),
        ("notes.csv", ["height"], False),
        ("notes.csv", ["n*"], True),
        ("height__regr.csv", ["height"], True),
        ("height__meters.csv", ["height"], True),
        ("height__regr.csv", ["width"], False),
        ("wod__regr.csv", ["wood"], True),
        ("wod__regr.csv", ["task_plugin/wood@2"], True),
        ("wod__regr.csv", ["double"], False),
    ],
)
def test_labels_that_cannot_be_used_matter_if_a_selected_task_may_need_them(
    name: str, patterns: list[str], expected: bool
) -> None:
    found = may_be_selected(unusable(name), patterns, "toy-data", all_label_files=False)
    assert found == expected


def test_labels_that_cannot_be_used_matter_if_scores_depend_on_all_label_files() -> None:
    for name, expected in (("height__regr.csv", True), ("notes.csv", False)):
        found = may_be_selected(unusable(name), ["width"], None, all_label_files=True)
        assert found == expected


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    name=st.from_regex(r"[a-z]{1,4}(__[a-z]{2,4})?\.csv", fullmatch=True),
    patterns=st.lists(st.from_regex(r"[a-z]{1,4}|[a-z]{0,2}\*", fullmatch=True), min_size=1),
)
def test_a_file_is_skipped_only_if_no_pattern_matches_any_name_of_it(
    name: str, patterns: list[str]
) -> None:
    stem = name.removesuffix(".csv")
    names = {name, stem, stem.partition("__")[0]}
    matches = any(fnmatch.fnmatchcase(part, pattern) for part in names for pattern in patterns)
    found = may_be_selected(unusable(name), patterns, None, all_label_files=False)
    assert found == matches
