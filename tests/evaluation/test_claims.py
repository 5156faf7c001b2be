"""Which task gets a label file, and what tasks of other plugins cannot do to it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from neucocore.components import catalogue, discovery
from neucocore.components.catalogue import KnownPlugin
from neucocore.data.labels.label_folder import read_label_folder
from neucocore.errors import ComponentOutputError, ConfigError, RunError, UnknownComponentError
from neucocore.evaluation.claims import dataset_hint
from neucocore.evaluation.tasks import TaskSelection, select_tasks

PLUGIN = """
from pathlib import Path
from neucocore.plugin import Labels, MetricSpec, TaskSpec, hookimpl, read_label_file

NEUCO_API = 1

def labels_of(files):
    file = read_label_file(files[0])
    return Labels(file.ids, file.y)

class Good:
    def labels(self, files):
        return labels_of(files)

class Raises:
    def labels(self, files):
        raise ZeroDivisionError("no reason")

class Exits:
    def labels(self, files):
        raise SystemExit(3)

class Missing:
    def labels(self, files):
        return Path("/no/such/file").read_text()

class Garbage:
    def labels(self, files):
        return 42

@hookimpl
def neuco_tasks():
    common = {{"summary": "s", "problem": "regression", "dataset": "toy"}}
    return [TaskSpec(**{{**common, "primary_metric": "r2", **task}}) for task in {tasks}]
"""
Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Return a function that installs single-file plugins, each with its tasks."""

    def add(**plugins: list[dict[str, object]]) -> None:
        files = []
        for name, tasks in plugins.items():
            files.append(tmp_path / f"{name}.py")
            text = repr(tasks).replace("'CODE:", "__name__ + ':").replace("'code:", "'")
            files[-1].write_text(PLUGIN.format(tasks=text))
        monkeypatch.setenv(discovery.PATH_VARIABLE, os.pathsep.join(map(str, files)))
        discovery.forget()

    yield add
    discovery.forget()


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    folder = tmp_path / "labels"
    folder.mkdir()
    for stem in ("oak", "elm", "own"):
        (folder / f"{stem}__regr.csv").write_text("id,label\na,1\nb,2\nc,4\n")
    return folder


def select(labels: Path, dataset: str | None = "toy", **how: object) -> TaskSelection:
    return select_tasks(read_label_folder(labels), dataset=dataset, **how)  # type: ignore[arg-type]


def keys(selection: TaskSelection) -> list[str]:
    return [task.key for task in selection.tasks]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("Raises", "the task bad/elm (bad.py) raised ZeroDivisionError: no reason"),
        ("Exits", "raised SystemExit: 3"),
        ("Missing", "No such file or directory: /no/such/file"),
        ("Garbage", "returned int, not Labels"),
        ("Absent", "has no attribute 'Absent'"),
    ],
)
def test_a_task_that_raises_fails_alone(
    install: Install, labels: Path, code: str, reason: str
) -> None:
    install(good=[{"name": "oak"}], bad=[{"name": "elm", "factory": f"CODE:{code}"}])
    selection = select(labels)
    assert keys(selection) == ["oak@1", "own"]
    (failed,) = selection.failed
    assert failed.key == "elm@1"
    assert reason in failed.reason
    assert keys(select(labels, patterns=["oak"])) == ["oak@1"]
    assert select(labels, patterns=["oak"]).failed == ()


@pytest.mark.parametrize(
    ("metrics", "reason"),
    [
        ({"primary_metric": "no-such"}, "unknown metric 'no-such'"),
        ({"metrics": ("rmse", "no-such")}, "unknown metric 'no-such'"),
        ({"primary_metric": "macro-f1"}, "the task is regression; its metric macro-f1 is for"),
    ],
)
def test_a_task_with_a_metric_that_cannot_be_used_fails_alone(
    install: Install, labels: Path, metrics: dict[str, object], reason: str
) -> None:
    install(bad=[{"name": "elm", **metrics}])
    selection = select(labels)
    assert keys(selection) == ["oak", "own"]
    assert reason in selection.failed[0].reason


def test_if_all_selected_tasks_fail_there_is_nothing_to_score(
    install: Install, labels: Path
) -> None:
    bad = [{"name": name, "factory": "CODE:Raises"} for name in ("oak", "elm", "own")]
    install(bad=bad)
    with pytest.raises(RunError, match="all 3 selected tasks fail") as caught:
        select(labels)
    assert len(caught.value.problems) == 3
    with pytest.raises(ComponentOutputError, match="ZeroDivisionError"):
        select(labels, patterns=["oak"])


def test_a_task_that_the_registry_lists_keeps_its_label_file(
    install: Install, labels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = KnownPlugin("trees", "neuco-plugin-trees", "s", {"tasks": ("oak",)})
    monkeypatch.setattr(catalogue, "known_plugins", lambda: (known,))
    rivals = [{"name": "oak", "version": 7}, {"name": "x", "aliases": ("oak",)}]
    install(trees=[{"name": "oak"}], a=rivals)
    selection = select(labels)
    assert keys(selection) == ["elm", "oak@1", "own"]
    assert selection.tasks[1].plugin == "trees"
    assert selection.warnings == (
        "oak__regr.csv: scored as oak@1; a/oak, a/x claim it too: choose with --tasks PLUGIN/NAME",
    )
    (chosen,) = select(labels, patterns=["a/oak"]).tasks
    # The name alone would put the scores into the table of the listed task.
    assert (chosen.key, chosen.plugin) == ("a.oak@7", "a")
    assert keys(select(labels, patterns=["a/*"])) == ["a.oak@7"]


def test_two_tasks_of_one_name_for_different_files_have_different_names_in_tables(
    install: Install, labels: Path
) -> None:
    install(a=[{"name": "t", "aliases": ("oak",)}], b=[{"name": "t", "aliases": ("elm",)}])
    assert keys(select(labels)) == ["a.t@1", "b.t@1", "own"]


def test_of_two_tasks_of_one_plugin_the_one_with_the_name_of_the_file_is_scored(
    install: Install, labels: Path
) -> None:
    install(a=[{"name": "oak"}, {"name": "tree", "aliases": ("oak", "elm")}])
    selection = select(labels)
    assert keys(selection) == ["oak@1", "own", "tree@1"]
    assert any(
        "oak__regr.csv: scored as oak@1; a/tree claims it too" in w for w in selection.warnings
    )


def test_a_suite_means_the_tasks_of_its_own_plugin(install: Install, labels: Path) -> None:
    install(a=[{"name": "oak"}], b=[{"name": "oak"}])
    for plugin in ("a", "b"):
        (task,) = select(labels, patterns=["oak@1"], suite_plugin=plugin).tasks
        assert task.plugin == plugin


def test_the_user_can_say_which_task_a_label_file_is_of(install: Install, labels: Path) -> None:
    install(a=[{"name": "oak", "aliases": ("elm",), "unit": "m", "primary_metric": "rmse"}])
    assert keys(select(labels, dataset=None)) == ["elm", "oak", "own"]
    selection = select(labels, dataset=None, label_tasks=["own=oak"])
    assert keys(selection) == ["elm", "oak", "oak@1"]
    task = selection.tasks[2]
    assert (task.stem, task.metric, task.unit) == ("own", "rmse", "m")
    # By its name or alias the task finds its file itself.
    (labels / "oak__regr.csv").unlink()
    assert keys(select(labels, dataset=None, label_tasks=["a/oak"])) == ["oak@1", "own"]


def test_the_only_label_file_needs_no_name(install: Install, labels: Path) -> None:
    install(a=[{"name": "tree"}])
    for stem in ("oak", "elm"):
        (labels / f"{stem}__regr.csv").unlink()
    assert keys(select(labels, dataset=None, label_tasks=["tree"])) == ["tree@1"]


def test_a_label_task_without_a_label_file_is_an_error(install: Install, labels: Path) -> None:
    install(a=[{"name": "tree", "aliases": ("birch",)}])
    with pytest.raises(ConfigError) as caught:
        select(labels, dataset=None, label_tasks=["tree", "ash=tree"])
    assert caught.value.problems == (
        "tree: no label file is named tree or birch",
        "ash=tree: no label file is named ash",
    )
    assert "elm, oak, own" in str(caught.value.hint)
    with pytest.raises(UnknownComponentError, match="unknown task 'shrub'"):
        select(labels, label_tasks=["shrub"])


def test_label_files_of_a_known_data_set_are_recognised(install: Install, labels: Path) -> None:
    install(
        a=[
            {"name": "oak", "dataset": "park"},
            {"name": "wood", "aliases": ("elm",), "dataset": "park"},
        ],
        b=[{"name": "own", "dataset": "yard"}],
    )
    hint = (
        "2 label files look like tasks of park; add --dataset park, or for labels of other ids "
        "--label-task TASK"
    )
    assert hint in select(labels, dataset=None).warnings
    assert not any("look like" in text for text in select(labels, dataset="park").warnings)
    files = read_label_folder(labels)
    assert dataset_hint([f for f in files if f.stem == "own"]).startswith(
        "1 label file looks like a task of yard; add --dataset yard,"
    )
    assert dataset_hint([]) == ""
