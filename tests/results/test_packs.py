"""Packs: equal results without data, nothing about single samples, and what is refused."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import neucocore
from neucocore.cli.app import app
from neucocore.errors import ConfigError, ResultsError
from neucocore.results.compare import RunComparison

FROZEN = Path(__file__).parents[1] / "fixtures" / "packs" / "format-1.neuco.zip"
ROWS = 80


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of two methods; ids, labels and coordinates are recognisable."""
    folder = tmp_path_factory.mktemp("packs")
    rng = np.random.default_rng(7)
    X = rng.normal(size=(ROWS, 4)).round(4)
    ids = [f"canary-{n:03d}" for n in range(ROWS)]
    height = 7000 + X[:, 0] + 0.4 * rng.normal(size=ROWS)
    kind = np.where(X[:, 1] + 0.4 * rng.normal(size=ROWS) > 0, "oak-canary", "fir-canary")
    rows = [
        f"{name},{value:.5f},{label},{row // 4},{10.12345 + row},{47.54321 + row / 9}"
        for row, (name, value, label) in enumerate(zip(ids, height, kind, strict=True))
    ]
    (folder / "labels.csv").write_text("\n".join(["id,height,kind,plot,lon,lat", *rows, ""]))
    for method, matrix in (("good", X), ("bad", rng.normal(size=(ROWS, 4)).round(4))):
        rows = [f"{name}," + ",".join(map(str, v)) for name, v in zip(ids, matrix, strict=True)]
        (folder / f"{method}.csv").write_text("\n".join(["id,0,1,2,3", *rows, ""]))
        neucocore.evaluate(
            folder / f"{method}.csv",
            labels=f"{folder / 'labels.csv'}:height,kind",
            split="group:plot",
            output=folder / "out",
        )
    return folder / "out"


def run_of(out: Path, method: str) -> Path:
    (folder,) = (out / "results").glob(f"{method}_*")
    return folder


@pytest.fixture
def good(out: Path, tmp_path: Path) -> Path:
    neucocore.pack(run_of(out, "good"), output=tmp_path / "good.neuco.zip")
    return tmp_path / "good.neuco.zip"


def members_of(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        return {name: json.loads(archive.read(name)) for name in archive.namelist()}


def write(path: Path, members: dict[str, Any], *, digests: bool = True) -> Path:
    """Write a pack again; with new digests, as somebody would who wants to deceive."""
    contents = {name: json.dumps(value).encode() for name, value in members.items()}
    if digests:
        files = {n: hashlib.sha256(c).hexdigest() for n, c in contents.items() if n != "pack.json"}
        contents["pack.json"] = json.dumps({**members["pack.json"], "files": files}).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return path


def numbers(pair: RunComparison) -> list[Any]:
    found = [(t.scores, vars(t.comparison), t.adjusted_p_value, t.n) for t in pair.tasks]
    flat: list[Any] = []
    for scores, values, p_value, n in [*found, ((), vars(pair.overall), None, 0)]:
        flat += [*scores, p_value, n, *values.values()]
    return flat


def assert_equal(one: RunComparison, two: RunComparison) -> None:
    assert len(numbers(one)) == len(numbers(two))
    for a, b in zip(numbers(one), numbers(two), strict=True):
        assert a == (pytest.approx(b, rel=1e-12, abs=1e-12) if isinstance(b, float) else b)


def test_packs_and_folders_give_the_same_comparison_in_every_mixture(
    out: Path, good: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.neuco.zip"
    neucocore.pack(run_of(out, "bad"), output=bad)
    (expected,) = neucocore.compare(run_of(out, "good"), run_of(out, "bad"), margin=0.1)
    assert all(task.comparison.low is not None for task in expected.tasks)
    assert expected.overall.low is not None
    for first in (good, run_of(out, "good")):
        for second in (bad, run_of(out, "bad")):
            (pair,) = neucocore.compare(first, second, margin=0.1)
            assert_equal(pair, expected)
            assert pair.verdict == expected.verdict


def test_packs_and_folders_give_the_same_table(out: Path, good: Path, tmp_path: Path) -> None:
    (expected,) = neucocore.leaderboard(out)
    bad = tmp_path / "bad.neuco.zip"
    neucocore.pack(run_of(out, "bad"), output=bad)
    for sources in ((good, bad), (out, good), (tmp_path,)):
        (table,) = neucocore.leaderboard(*sources)
        assert table.records() == expected.records()
        assert table.uncertainty_records() == expected.uncertainty_records()


def test_a_pack_holds_no_id_label_class_or_coordinate(out: Path, good: Path) -> None:
    with zipfile.ZipFile(good) as archive:
        text = "\n".join(archive.read(name).decode() for name in archive.namelist())
    run = json.loads((run_of(out, "good") / "run.json").read_text())
    assert "oak-canary" in json.dumps(run)  # or the search below would find nothing anyway
    with np.load(run_of(out, "good") / "height" / "predictions.npz") as arrays:
        predicted = [repr(float(value)) for value in arrays["y_pred"].ravel()]
    labels = (out.parent / "labels.csv").read_text().split("\n")[1:-1]
    values = [cell for line in labels for cell in (*line.split(",")[:3], *line.split(",")[4:])]
    vectors = (out.parent / "good.csv").read_text().split("\n")[1:-1]
    cells = [cell for line in vectors for cell in line.split(",")[1:] if len(cell) > 5]
    for secret in (*predicted, *values, *cells, str(out.parent)):
        assert f'"{secret}"' not in text
        assert f" {secret}," not in text
    for word in ("canary", "y_true", "y_pred", str(out.parent)):
        assert word not in text


def test_equal_runs_give_equal_bytes(out: Path, good: Path, tmp_path: Path) -> None:
    again = neucocore.pack(run_of(out, "good"), output=tmp_path / "again.neuco.zip")
    assert again.sha256 == hashlib.sha256(good.read_bytes()).hexdigest()


def change_score(run: dict[str, Any]) -> None:
    task = run["run"]["tasks"][0]
    task["score"] = task["q"] = task["metrics"][0]["score"] = round(task["score"] + 0.001, 4)


def exchange_tasks(run: dict[str, Any]) -> None:
    one, two = (run["influence"][name]["values"] for name in ("height", "kind"))
    (first,), (second,) = one, two
    one[first], two[second] = two[second], one[first]


def exchange_rows(run: dict[str, Any]) -> None:
    (values,) = run["influence"]["height"]["values"].values()
    values[0], values[40] = values[40], values[0]


def shorten(run: dict[str, Any]) -> None:
    (values,) = run["influence"]["height"]["values"].values()
    del values[-1]


def set_in(*path: Any, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(run: dict[str, Any]) -> None:
        place = run
        for name in path[:-1]:
            place = place[name]
        place[path[-1]] = value

    return change


TASK = ("run", "tasks", 0)
CHANGES = {
    "a score": (change_score, "is not that of its score and influence values"),
    "another metric's score": (set_in(*TASK, "metrics", 1, "score", value=1e9), "does not hold"),
    "the score of the task only": (set_in(*TASK, "score", value=0.5), "not that of its first"),
    "the ranking value": (set_in(*TASK, "q", value=0.99), "its ranking value is not its score"),
    "the end of an interval": (set_in(*TASK, "metrics", 0, "low", value=0.0), "low of r2"),
    "values of another task": (exchange_tasks, "is not that of its score and influence values"),
    "values of another group": (exchange_rows, "is not that of its score and influence values"),
    "a missing value": (shorten, "are not of 80 rows"),
    "a text among values": (set_in("influence", "height", "rows", 3, value="a"), "not numbers"),
    "a row twice": (set_in("influence", "height", "rows", 3, value=0), "a row is in it twice"),
    "hidden": (set_in("run", "hidden", value=True), "hidden tasks"),
    "a hidden task": (set_in(*TASK, "hidden", value=True), "hidden tasks"),
    "a phase above": (set_in("run", "phase", value="../x"), "cannot be named"),
    "a task above": (set_in(*TASK, "task", value="/etc"), "differ"),
    "a further key": (set_in("more", value=1), "it has the keys"),
    "no tasks": (set_in("run", "tasks", value=None), "does not have the form of a run"),
    "a later run": (set_in("run", "format", value=99), "format 99"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_run_is_refused_although_digests_are_new(good: Path, name: str) -> None:
    change, message = CHANGES[name]
    members = members_of(good)
    change(members["runs/0001.json"])
    write(good, members)
    with pytest.raises(ResultsError, match="is not a valid pack") as caught:
        neucocore.read_pack(good)
    assert any(message in problem for problem in caught.value.problems), caught.value.problems


def zip_with(content: bytes, *more: tuple[str, bytes]) -> bytes:
    stream = io.BytesIO(content)
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, value in more:
            archive.writestr(name, value)
    return stream.getvalue()


def with_digit(content: bytes) -> bytes:
    """Change one digit of a score without new digests."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            value = old.read(name).decode()
            if name != "pack.json":
                place = value.index('"score": 0.') + len('"score": 0.') + 9
                value = value[:place] + str((int(value[place]) + 1) % 10) + value[place + 1 :]
            new.writestr(name, value)
    return stream.getvalue()


DAMAGES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "a digit": (with_digit, "its digest is another"),
    "truncated": (lambda content: content[: len(content) // 2], "damaged or cut off"),
    "empty": (lambda content: b"", "damaged or cut off"),
    "not a zip": (lambda content: b"a" * 99, "damaged or cut off"),
    "one byte": (
        lambda content: content[:600] + bytes([content[600] ^ 255]) + content[601:],
        "damaged or cut off",
    ),
    "a member": (lambda content: zip_with(content, ("readme.txt", b"hi")), "unexpected members"),
    "a path": (lambda content: zip_with(content, ("../../x", b"hi")), "unexpected members"),
    "a run": (lambda content: zip_with(content, ("runs/0002.json", b"{}")), "does not list"),
    "a gap": (lambda content: zip_with(content, ("runs/0003.json", b"{}")), "each once"),
    "bomb": (lambda content: zip_with(content, ("runs/0002.json", bytes(1 << 30))), "at most"),
    "nested": (
        lambda content: zip_with(content, ("runs/0002.json", b"[" * 200_000)),
        "does not list",
    ),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("command", ["check", "leaderboard", "compare"])
def test_a_damaged_pack_is_refused_by_every_command(
    out: Path, good: Path, damage: str, command: str
) -> None:
    change, message = DAMAGES[damage]
    good.write_bytes(change(good.read_bytes()))
    words = {
        "check": ["results", "check", str(good)],
        "leaderboard": ["leaderboard", str(out), str(good)],
        "compare": ["compare", str(good), str(run_of(out, "bad"))],
    }[command]
    result = CliRunner().invoke(app, words)
    assert isinstance(result.exception, ResultsError)
    assert result.exception.exit_code == 4
    assert "is not a valid pack" in result.exception.message
    assert message in str(result.exception)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_twice_is_refused(good: Path) -> None:
    content = json.dumps(members_of(good)["runs/0001.json"]).encode()
    good.write_bytes(zip_with(good.read_bytes(), ("runs/0001.json", content)))
    with pytest.raises(ResultsError, match="each once"):
        neucocore.read_pack(good)


@pytest.mark.parametrize(("value", "message"), [(2, "reads format 1"), ("1", "has format '1'")])
def test_another_format_is_refused(good: Path, value: Any, message: str) -> None:
    members = members_of(good)
    members["pack.json"]["format"] = value
    with pytest.raises(ResultsError, match=message):
        neucocore.read_pack(write(good, members))


def test_a_number_that_json_does_not_have_is_refused(good: Path) -> None:
    members = members_of(good)
    members["runs/0001.json"]["run"]["tasks"][0]["score"] = float("nan")
    with pytest.raises(ResultsError, match="NaN is not a number"):
        neucocore.read_pack(write(good, members))


def test_without_influence_only_scores_and_intervals_are_left(out: Path, tmp_path: Path) -> None:
    path = tmp_path / "good.neuco.zip"
    found = neucocore.pack(run_of(out, "good"), output=path, influence=False)
    assert not found.contents[0]["influence"]
    (table,) = neucocore.leaderboard(out)
    (alone,) = neucocore.leaderboard(path)
    row = next(row for row in table.rows if row.method == "good")
    assert alone.rows[0].intervals == row.intervals
    (pair,) = neucocore.compare(path, run_of(out, "bad"))
    for task in pair.tasks:
        assert task.comparison.difference == pytest.approx(task.scores[0] - task.scores[1])
        assert task.comparison.low is None
        assert task.comparison.reason == "influence values were left out of the pack"


def test_a_run_of_hidden_tasks_is_not_packed(out: Path, tmp_path: Path) -> None:
    options = {"labels": f"{out.parent / 'labels.csv'}:height", "output": tmp_path / "out"}
    (shown,) = neucocore.evaluate(out.parent / "good.csv", **options)
    (report,) = neucocore.evaluate(out.parent / "good.csv", **options, hidden=True)
    assert report.folder != shown.folder  # an equal run that may be packed is no substitute
    with pytest.raises(ResultsError) as caught:
        neucocore.pack(report.run_folder(), output=tmp_path / "x.neuco.zip")
    assert "hidden tasks" in caught.value.problems[0]
    assert not (tmp_path / "x.neuco.zip").exists()


def test_problems_of_several_runs_are_reported_together(out: Path, tmp_path: Path) -> None:
    with pytest.raises(ResultsError) as caught:
        neucocore.pack(out, tmp_path / "none", output=tmp_path / "x.neuco.zip")
    assert len(caught.value.problems) == 2


def test_an_edited_run_is_not_packed(out: Path, tmp_path: Path) -> None:
    import shutil

    folder = Path(shutil.copytree(run_of(out, "good"), tmp_path / "results" / "good"))
    (folder / "scores.jsonl").write_text("")
    with pytest.raises(ResultsError) as caught:
        neucocore.pack(folder, output=tmp_path / "x.neuco.zip")
    assert "scores.jsonl was changed" in caught.value.problems[0]


def test_other_names_and_existing_files_are_kept(good: Path, out: Path) -> None:
    with pytest.raises(ConfigError, match=r"NAME\.neuco\.zip"):
        neucocore.pack(run_of(out, "good"), output=good.parent / "x.zip")
    before = good.read_bytes()
    with pytest.raises(ConfigError, match="exists"):
        neucocore.pack(run_of(out, "bad"), output=good)
    assert good.read_bytes() == before


def test_a_method_of_a_pack_is_named(out: Path, tmp_path: Path) -> None:
    path = tmp_path / "both.neuco.zip"
    neucocore.pack(run_of(out, "good"), run_of(out, "bad"), output=path)
    (expected,) = neucocore.compare(run_of(out, "good"), run_of(out, "bad"))
    (pair,) = neucocore.compare(f"{path}:good", f"{path}:bad")
    assert_equal(pair, expected)
    with pytest.raises(ConfigError, match="not found") as caught:
        neucocore.compare(path, f"{path}:none")
    assert "holds 2 runs; name one" in caught.value.problems[0]
    assert "no such run" in caught.value.problems[1]


def test_runs_of_neuco_benchs_protocol_are_compared_by_folds(out: Path, tmp_path: Path) -> None:
    folders = {}
    for method in ("good", "bad"):
        (report,) = neucocore.evaluate(
            out.parent / f"{method}.csv",
            labels=f"{out.parent / 'labels.csv'}:height",
            protocol=("neucobench-2026",),
            options={"k_folds": 4},
            output=tmp_path / "out",
        )
        folders[method] = report.run_folder()
        neucocore.pack(folders[method], output=tmp_path / f"{method}.neuco.zip")
    (expected,) = neucocore.compare(folders["good"], folders["bad"])
    (pair,) = neucocore.compare(tmp_path / "good.neuco.zip", tmp_path / "bad.neuco.zip")
    assert_equal(pair, expected)
    members = members_of(tmp_path / "good.neuco.zip")
    members["runs/0001.json"]["folds"]["height"][0] += 0.01
    with pytest.raises(ResultsError, match="not the mean"):
        neucocore.read_pack(write(tmp_path / "good.neuco.zip", members))


def test_packs_hold_no_predictions_for_common_ids(good: Path) -> None:
    with pytest.raises(ResultsError, match="packs hold no predictions"):
        neucocore.leaderboard(good, common_ids=True)


def test_the_first_format_stays_readable() -> None:
    pack = neucocore.read_pack(FROZEN)
    run = pack.runs[0]
    assert (run.method, run.protocol) == ("good", "nested-cv@1")
    assert run.tasks["height"].score == pytest.approx(0.7656631745711067, abs=1e-12)
    (table,) = neucocore.leaderboard(FROZEN)
    assert table.rows[0].intervals["ship"] == pytest.approx(
        (0.8996766142487442, 0.9726954286303385)
    )


def test_the_command_line_packs_warns_and_checks(out: Path, tmp_path: Path) -> None:
    path = tmp_path / "good.neuco.zip"
    words = ["results", "pack", str(run_of(out, "good")), "-o", str(path)]
    result = CliRunner().invoke(app, words, catch_exceptions=False)
    assert result.exit_code == 0
    assert "can compute the error of each sample" in " ".join(result.stderr.split())
    result = CliRunner().invoke(app, ["results", "check", str(path), "--json"])
    (record,) = json.loads(result.stdout)
    assert record["method"] == "good"
    assert record["command"] == (
        "neuco evaluate good.csv --labels labels.csv:height,kind --split group:plot"
    )
