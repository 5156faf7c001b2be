"""``neuco evaluate --suite``: exactly the tasks, labels, ids, split and protocol of a suite."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from neucocore.api import evaluate
from neucocore.cli.app import run_command
from neucocore.components.discovery import PATH_VARIABLE, forget
from neucocore.components.specs import Erratum, IdSet, SuiteSpec, SuiteTask, TaskSpec
from neucocore.data.labels.label_folder import read_label_folder
from neucocore.errors import (
    AmbiguousComponentError,
    ConfigError,
    DataError,
    IdError,
    MissingFileError,
    NeucoError,
    UnknownComponentError,
)
from neucocore.evaluation.groups import read_groups
from neucocore.evaluation.split_rule import parse_split
from neucocore.evaluation.suites import digest_of_groups, digest_of_ids, digest_of_labels
from neucocore.evaluation.tasks import select_tasks
from neucocore.results.reading import read_runs

PLUGIN = """\
from neucocore.plugin import Erratum, IdSet, SuiteSpec, SuiteTask, TaskSpec, hookimpl

NEUCO_API = 1


@hookimpl
def neuco_tasks():
    return {tasks!r}


@hookimpl
def neuco_suites():
    return {suites!r}
"""
IDS = [f"c{number:02d}" for number in range(30)]
TASK = TaskSpec(
    name="height", summary="h", dataset="toy-data", problem="regression", primary_metric="r2"
)
TASKS = [TASK, replace(TASK, name="wood"), replace(TASK, name="other")]


class Toy:
    """A folder with embeddings and labels of two tasks, and plugins with suites of them."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.labels = folder / "data" / "labels"
        self.labels.mkdir(parents=True)
        self.write("height", {name: (row * 7) % 11 for row, name in enumerate(IDS)})
        self.write("wood", {name: (row * 5) % 13 for row, name in enumerate(IDS[:24])})
        self.embed(IDS)
        self.places = folder / "data" / "places.csv"
        self.write_places({name: f"p{row // 3}" for row, name in enumerate(IDS)})
        self._monkeypatch = monkeypatch
        self._plugins: dict[str, Path] = {}
        self._numbers = itertools.count()
        self.install("toy", TASKS, [])
        self.suite = self.suite_of_labels()
        self.install("toy", TASKS, [self.suite])

    def write(self, stem: str, labels: dict[str, Any]) -> None:
        rows = "".join(f"{name},{value}\n" for name, value in labels.items())
        (self.labels / f"{stem}__regr.csv").write_text("id,label\n" + rows)

    def write_places(self, places: dict[str, str]) -> None:
        rows = "".join(f"{name},{place}\n" for name, place in places.items())
        self.places.write_text("id,place\n" + rows)

    def embed(self, ids: list[str]) -> None:
        rows = [
            f"{name},{(row * 7) % 11 + row % 3},{(row * 5) % 13 + row % 2}"
            for row, name in enumerate(ids)
        ]
        (self.folder / "e.csv").write_text("\n".join(["id,0,1", *rows, ""]))

    def install(self, name: str, tasks: list[TaskSpec], suites: list[SuiteSpec]) -> None:
        # A module is imported once from one path.
        file = self.folder / f"plugins-{next(self._numbers)}" / f"{name}.py"
        file.parent.mkdir()
        file.write_text(PLUGIN.format(tasks=tasks, suites=suites))
        self._plugins[name] = file
        paths = ":".join(map(str, self._plugins.values()))
        self._monkeypatch.setenv(PATH_VARIABLE, paths)
        forget()

    def suite_of_labels(self, **fields: Any) -> SuiteSpec:
        """Return a suite of the label files as they are now."""
        tasks = select_tasks(
            read_label_folder(self.labels), dataset="toy-data", patterns=["height", "wood"]
        ).tasks
        ids = {name for task in tasks for name in task.ids}
        groups = read_groups(parse_split(f"group:{self.places}:place"), ())
        assert groups is not None
        values: dict[str, Any] = {
            "name": "toy-suite",
            "summary": "two tasks",
            "dataset": "toy-data",
            "tasks": tuple(SuiteTask(t.key, digest_of_labels(t), len(t.ids)) for t in tasks),
            "ids": IdSet(len(ids), digest_of_ids(ids), digest_of_groups(ids, groups)),
            "protocol": "nested-cv@1",
            **fields,
        }
        return SuiteSpec(**values)

    def use(self, **fields: Any) -> None:
        """Change fields of the suite."""
        self.install("toy", TASKS, [replace(self.suite, **fields)])

    def score(self, **options: Any) -> dict[str, Any]:
        """Evaluate with the suite and return the content of ``run.json``."""
        values: dict[str, Any] = {
            "labels": self.labels,
            "output": self.folder / "out",
            "suite": "toy-suite",
        }
        (report,) = evaluate(self.folder / "e.csv", **(values | options))
        record: dict[str, Any] = json.loads((report.folder / "run.json").read_text())
        return record


@pytest.fixture(name="toy")
def _toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Toy]:
    yield Toy(tmp_path, monkeypatch)
    monkeypatch.undo()
    forget()


def complaint(toy: Toy, kind: type[NeucoError] = DataError, **options: Any) -> NeucoError:
    with pytest.raises(kind) as caught:
        toy.score(**options)
    assert type(caught.value) is kind
    assert not list((toy.folder / "out").rglob("run.json"))
    return caught.value


def test_a_run_records_the_suite_that_it_is_complete_for(toy: Toy) -> None:
    record = toy.score()
    assert record["suite"] == {"name": "toy-suite@1", "plugin": "toy", "complete": True}
    assert [task["task"] for task in record["tasks"]] == ["height@1", "wood@1"]
    assert [task["labels"] for task in record["tasks"]] == [t.labels for t in toy.suite.tasks]
    (run,) = read_runs(toy.folder / "out")
    assert run.suite == "toy-suite@1"


def test_any_other_run_is_ad_hoc(toy: Toy) -> None:
    tasks = ("height", "wood")
    record = toy.score(suite=None, dataset="toy-data", tasks=tasks)
    assert record["suite"] is None
    (run,) = read_runs(toy.folder / "out")
    assert run.suite == ""
    # An equal run without the suite must not be found again in place of one with it.
    toy.score()
    assert sorted(run.suite for run in read_runs(toy.folder / "out")) == ["", "toy-suite@1"]


def test_other_tasks_of_the_folder_are_not_scored(toy: Toy) -> None:
    toy.write("other", dict.fromkeys([*IDS, "no-embedding"], 1))
    assert [task["task"] for task in toy.score()["tasks"]] == ["height@1", "wood@1"]


def test_the_order_of_the_label_files_does_not_matter(toy: Toy) -> None:
    toy.write("height", {name: (row * 7) % 11 for row, name in reversed([*enumerate(IDS)])})
    assert toy.score()["suite"]["complete"]


def test_an_edited_label_is_an_error_of_its_task(toy: Toy) -> None:
    toy.write("wood", {name: (row * 5) % 13 + (row == 3) for row, name in enumerate(IDS[:24])})
    error = complaint(toy)
    (problem,) = error.problems
    assert problem.startswith("wood@1: other ids or labels: digest ")
    assert problem.endswith(f"the suite has {toy.suite.tasks[1].labels[:12]}")
    assert "the labels in" in error.message
    assert "toy-suite@1" in error.message
    assert "leave out --suite, and the result is ad hoc" in str(error.hint)
    assert toy.score(suite=None, dataset="toy-data")["suite"] is None


def test_a_missing_id_is_counted(toy: Toy) -> None:
    toy.write("height", {name: (row * 7) % 11 for row, name in enumerate(IDS[:-1])})
    problems = complaint(toy).problems
    assert problems[0] == "height@1: 29 labelled ids, the suite has 30: 1 missing"
    assert "all tasks: 29 labelled ids, the suite has 30: 1 missing" in problems
    assert not any(problem.startswith("wood") for problem in problems)


def test_an_extra_id_is_counted_and_is_not_an_error_of_the_embeddings(toy: Toy) -> None:
    labels = {name: (row * 7) % 11 for row, name in enumerate(IDS)}
    toy.write("height", {**labels, "c99": 1, "c98": 2})
    problems = complaint(toy).problems
    assert problems[0] == "height@1: 32 labelled ids, the suite has 30: 2 too many"


def test_rows_are_counted_without_a_digest_and_this_is_reported(toy: Toy) -> None:
    toy.use(tasks=(SuiteTask("height@1", rows=30), toy.suite.tasks[1]), ids=None)
    warning = "has no digest of the labels of 1 of its 2 tasks: their values are not checked"
    assert any(warning in text for text in toy.score()["warnings"])
    toy.write("height", {name: row % 7 for row, name in enumerate(IDS[:28])})
    with pytest.raises(DataError) as caught:
        toy.score(force=True)
    assert caught.value.problems == ("height@1: 28 labelled ids, the suite has 30: 2 missing",)


def test_an_id_that_was_exchanged_is_noticed(toy: Toy) -> None:
    toy.use(tasks=tuple(SuiteTask(task.name, rows=task.rows) for task in toy.suite.tasks))
    ids = [*IDS[:-1], "c99"]
    toy.write("height", {name: (row * 7) % 11 for row, name in enumerate(ids)})
    toy.embed([*IDS, "c99"])
    (problem,) = complaint(toy).problems
    assert problem.startswith("all tasks: other ids: digest ")


def test_a_missing_label_file_is_an_error_that_names_the_task(toy: Toy) -> None:
    (toy.labels / "wood__regr.csv").unlink()
    error = complaint(toy)
    assert error.problems == ("wood@1",)
    assert "no label file of 1 of the 2 tasks of the suite toy-suite@1" in error.message


def test_a_missing_embedding_is_an_error(toy: Toy) -> None:
    toy.embed(IDS[:-2])
    error = complaint(toy, IdError)
    assert "without --suite, --allow-missing scores the other ids" in str(error.hint)


def test_another_version_of_a_task_is_an_error_before_a_file_is_read(toy: Toy) -> None:
    toy.install("toy", [TASK, replace(TASK, name="wood", version=2)], [toy.suite])
    error = complaint(toy, UnknownComponentError, labels=toy.folder / "nowhere")
    assert error.problems == ("unknown task 'wood@1'; installed: wood@2",)
    assert "1 of the 2 tasks of the suite toy-suite@1 are not installed" in error.message


def test_the_version_of_the_suite_is_scored_where_a_newer_one_is_installed(toy: Toy) -> None:
    newer = replace(TASK, name="wood", version=2)
    toy.install("toy", [*TASKS, newer], [toy.suite])
    assert [task["task"] for task in toy.score()["tasks"]] == ["height@1", "wood@1"]


def test_the_plugins_of_missing_tasks_are_named(toy: Toy) -> None:
    toy.use(tasks=(SuiteTask("landcover-forest@7"), SuiteTask("no-such-task@1")))
    error = complaint(toy, UnknownComponentError)
    assert len(error.problems) == 2
    assert str(error.hint).startswith("pip install --upgrade neuco-plugin-landcover; ")


def test_another_version_of_the_protocol_is_an_error(toy: Toy) -> None:
    toy.use(protocol="nested-cv@99")
    error = complaint(toy, UnknownComponentError)
    assert "unknown protocol 'nested-cv@99'; installed: nested-cv@1" in error.message


def test_a_name_that_two_plugins_offer_is_ambiguous(toy: Toy) -> None:
    toy.install("copy", [], [replace(toy.suite, tasks=toy.suite.tasks[:1], ids=None)])
    error = complaint(toy, AmbiguousComponentError)
    assert error.hint == "use copy/toy-suite or toy/toy-suite"
    assert len(toy.score(suite="copy/toy-suite")["tasks"]) == 1
    assert toy.score(suite="toy/toy-suite@1")["suite"]["plugin"] == "toy"


def test_the_newest_version_is_scored_unless_another_is_named(toy: Toy) -> None:
    second = replace(toy.suite, version=2, tasks=toy.suite.tasks[:1], ids=None)
    toy.install("toy", TASKS, [toy.suite, second])
    assert toy.score()["suite"]["name"] == "toy-suite@2"
    assert toy.score(suite="toy-suite@1")["suite"]["name"] == "toy-suite@1"
    with pytest.raises(UnknownComponentError, match="installed: toy-suite@1, toy-suite@2"):
        toy.score(suite="toy-suite@3")


def test_errata_are_reported_on_use_and_recorded(
    toy: Toy, capsys: pytest.CaptureFixture[str]
) -> None:
    errata = (
        Erratum("2026-01-31", "two labels are exchanged", ("wood@1",)),
        Erratum("2026-02-01", "the ids overlap"),
    )
    toy.use(errata=errata)
    text = "erratum of 2026-01-31 to the suite toy-suite@1 (wood@1): two labels are exchanged"
    assert text in toy.score()["warnings"]
    arguments = [str(toy.folder / "e.csv"), "--labels", str(toy.labels), "--suite", "toy-suite"]
    assert run_command("evaluate", *arguments, "-o", str(toy.folder / "again")) == 0
    shown = " ".join(capsys.readouterr().err.split())
    assert text in shown
    assert "erratum of 2026-02-01 to the suite toy-suite@1 (all tasks): the ids overlap" in shown
    assert run_command("info", "toy-suite") == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "errata: date text tasks 2026-01-31 two labels are exchanged wood@1" in shown


CONFLICTS: dict[str, tuple[dict[str, Any], str]] = {
    "tasks": ({"tasks": ("wood",)}, "--tasks wood: the suite has height@1,wood@1"),
    "more tasks": ({"tasks": ("wood", "height", "other")}, "--tasks wood,height,other: "),
    "version": ({"tasks": ("wood@2", "height")}, "--tasks wood@2,height: "),
    "split": ({"split": "group:place"}, "--split group:place: the suite has random"),
    "protocol": ({"protocol": ("svm",)}, "--protocol svm: the suite has nested-cv@1"),
    "two protocols": ({"protocol": ("nested-cv", "svm")}, "--protocol svm: "),
    "probe": ({"probe": "knn"}, "probe=core/knn@1: the suite has probe=None"),
    "metric": ({"metric": "rmse"}, "metric=core/rmse@1: the suite has metric=None"),
    "options": ({"options": {"folds": 5}}, "folds=5: the suite has folds=10"),
    "folds": ({"folds": 5}, "folds=5: the suite has folds=10"),
    "repeats": ({"repeats": 2}, "repeats=2: the suite has repeats=1"),
    "set": ({"options": {"repeats": 2}}, "repeats=2: the suite has repeats=1"),
    "subset": ({"subset": "dev"}, "--subset dev: the suite has no subset"),
    "exclude": ({"exclude_file": "x.txt"}, "--exclude-file x.txt: the suite leaves out no id"),
    "allow": ({"allow_missing": True}, "--allow-missing: the suite is scored on all its ids"),
    "config": ({"config": "x.yaml"}, "--config x.yaml: the suite has the protocol nested-cv@1"),
    "dataset": ({"dataset": "synthetic-earth"}, "--dataset synthetic-earth: the suite has toy-"),
}


@pytest.mark.parametrize(("options", "problem"), CONFLICTS.values(), ids=CONFLICTS)
def test_an_option_that_the_suite_fixes_differently_is_an_error(
    toy: Toy, options: dict[str, Any], problem: str
) -> None:
    (reported,) = complaint(toy, ConfigError, **options).problems
    assert reported.startswith(problem)


def test_all_conflicts_are_listed_together(toy: Toy) -> None:
    options = {"subset": "dev", "protocol": ("svm",), "probe": "knn", "options": {"n_iter": 3}}
    assert complaint(toy, ConfigError, **options).problems == (
        "--subset dev: the suite has no subset",
        "--protocol svm: the suite has nested-cv@1",
        "probe, n_iter: the suite has the options of nested-cv@1",
    )


def test_options_that_agree_with_the_suite_are_allowed(toy: Toy) -> None:
    probe = {"name": "knn", "neighbours": 3}
    toy.use(options={"folds": 5, "probe": probe})
    plain = toy.score()
    assert plain["protocol"]["options"]["folds"] == 5
    assert plain["protocol"]["options"]["probe"]["neighbours"] == 3
    same: dict[str, Any] = {
        "tasks": ("wood", "height@1"),
        "split": "random",
        "protocol": ("nested-cv",),
        "dataset": "toy-data",
        "probe": "knn",
        "folds": 5,
        "repeats": 1,
        "options": {"folds": 5, "probe.neighbours": 3},
    }
    again = toy.score(**same, force=True)
    assert again["protocol"]["identity"] == plain["protocol"]["identity"]
    with pytest.raises(ConfigError) as caught:
        toy.score(options={"probe.neighbours": 4})
    assert caught.value.problems == (
        "probe=core/knn@1 (neighbours=4): the suite has probe=core/knn@1 (neighbours=3)",
    )


@pytest.mark.parametrize("inside", [True, False], ids=["next to the labels", "one folder above"])
def test_the_table_of_groups_is_found_near_the_labels(toy: Toy, *, inside: bool) -> None:
    toy.use(split="group:places.csv:place")
    if inside:
        toy.places.rename(toy.labels / "places.csv")
    record = toy.score()
    assert record["suite"]["complete"]
    assert record["parameters"]["split"]["rule"] == "group:places.csv:place"
    assert record["parameters"]["split"]["groups"] == 10


def test_the_table_of_groups_is_found_from_the_folder_of_the_labels(
    toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy.use(split="group:places.csv:place")
    monkeypatch.chdir(toy.labels)
    assert toy.score(labels=".")["suite"]["complete"]


def test_one_table_with_a_column_per_task_has_the_same_digests(toy: Toy) -> None:
    toy.use(split="group:places.csv:place")
    rows = [
        f"{name},{(row * 7) % 11},{(row * 5) % 13 if row < 24 else ''}"
        for row, name in enumerate(IDS)
    ]
    table = toy.labels / "table.csv"
    table.write_text("\n".join(["id,height,wood", *rows, ""]))
    assert toy.score(labels=f"{table}:height,wood")["suite"]["complete"]


def test_a_missing_table_of_groups_is_an_error(toy: Toy) -> None:
    toy.use(split="group:places.csv:place")
    toy.places.unlink()
    error = complaint(toy, MissingFileError)
    assert "by the column 'place' of places.csv, which is neither" in error.message


def test_edited_groups_are_an_error(toy: Toy) -> None:
    toy.use(split="group:places.csv:place")
    toy.write_places({name: f"p{row // 3}" for row, name in enumerate(reversed(IDS))})
    (problem,) = complaint(toy).problems
    assert problem.startswith("all tasks: other groups (column 'place'): digest ")
    toy.write_places({name: f"p{row // 3}" for row, name in enumerate(IDS[2:])})
    (problem,) = complaint(toy).problems
    assert problem == "all tasks: 2 ids without a group in the column 'place'"


def test_a_run_with_an_undefined_score_is_not_complete(toy: Toy) -> None:
    toy.write("wood", dict.fromkeys(IDS[:24], 3))
    toy.use(tasks=toy.suite_of_labels().tasks)
    assert toy.score()["suite"] == {"name": "toy-suite@1", "plugin": "toy", "complete": False}
    (run,) = read_runs(toy.folder / "out")
    assert run.suite == ""


@pytest.mark.parametrize("suite", [None, {}, {"name": "toy-suite@1", "complete": False}, "absent"])
def test_a_run_without_a_complete_suite_is_read_as_ad_hoc(toy: Toy, suite: Any) -> None:
    record = toy.score()
    (file,) = (toy.folder / "out").rglob("run.json")
    del record["suite"]
    file.write_text(json.dumps(record if suite == "absent" else {**record, "suite": suite}))
    (run,) = read_runs(toy.folder / "out")
    assert run.suite == ""


@pytest.fixture(name="run_file")
def _run_file(toy: Toy) -> Callable[..., int]:
    def run(*more: str) -> int:
        text = f"embeddings: [e.csv]\nlabels: {toy.labels}\nsuite: toy-suite\noutput: results\n"
        file = toy.folder / "run.yaml"
        file.write_text(text + "".join(f"{line}\n" for line in more))
        return run_command("run", str(file))

    return run


def test_a_run_file_can_name_a_suite(toy: Toy, run_file: Callable[..., int]) -> None:
    assert run_file() == 0
    (run,) = read_runs(toy.folder / "results")
    assert run.suite == "toy-suite@1"


def test_a_run_file_with_other_labels_fails_at_its_start(
    toy: Toy, run_file: Callable[..., int]
) -> None:
    toy.write("wood", dict.fromkeys(IDS[:24], 3))
    with pytest.raises(DataError) as caught:
        run_file()
    assert caught.value.problems[0].startswith("wood@1: other ids or labels")
    with pytest.raises(ConfigError) as conflict:
        run_file("split: group:place")
    assert conflict.value.problems == ("--split group:place: the suite has random",)
    assert not (toy.folder / "results").exists()
