"""Names in narrow tables, and what the digest of a protocol stands for."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import neucocore
from neucocore.cli.app import app
from neucocore.cli.tables import shortened, width_of
from neucocore.errors import ConfigError, ResultsError


@pytest.mark.parametrize(
    "names",
    [
        ["clay-large-float32", "clay-large-int8", "clay-large-int4"],
        ["a-long-prefix-x-and-a-long-suffix", "a-long-prefix-y-and-a-long-suffix"],
        ["森林の特徴量の埋め込み一", "森林の特徴量の埋め込み二", "a"],
        ["x" * 30 + str(number) + "y" * 30 for number in range(100)],
    ],
)
@pytest.mark.parametrize("width", [8, 10, 16])
def test_shortened_names_fit_and_stay_different(names, width):
    result = shortened(names, width)
    assert max(map(width_of, result)) <= width
    assert len(set(result)) == len(names)


def test_what_is_behind_a_name_is_never_cut():
    result = shortened(["a-very-long-name", "another-very-long-name"], 14, [" *", " (control)"])
    assert result[0].endswith(" *")
    assert result[1].endswith(" (control)")
    assert max(map(width_of, result)) <= 14


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("digest")
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 2)).astype("f4")
    ids = [f"s{row}" for row in range(40)]
    lines = [f"{name},{value:.3f}" for name, value in zip(ids, X[:, 0], strict=True)]
    (folder / "labels.csv").write_text("\n".join(["id,height", *lines]) + "\n")
    np.savez(folder / "e.npz", ids=np.array(ids), matrix=X)
    neucocore.evaluate(
        folder / "e.npz", labels=folder / "labels.csv", output=folder / "out", folds=4
    )
    return folder / "out"


def identity(results: Path) -> str:
    (record,) = results.rglob("run.json")
    return json.loads(record.read_text())["protocol"]["identity"]


def test_info_explains_a_digest_from_the_runs_that_have_it(results):
    name = identity(results)
    for asked in (name, name[:-6]):
        ended = CliRunner().invoke(app, ["info", asked, "--results", str(results), "--json"])
        (row,) = json.loads(ended.stdout)
        assert row["name"] == name
        assert row["options"] == [{"option": "folds", "value": 4, "default": 10}]


def test_an_unknown_digest_is_said_to_be_unknown(results):
    with pytest.raises(ResultsError, match="has the protocol nested-cv@1"):
        CliRunner().invoke(
            app, ["info", "nested-cv@1+abcdef", "--results", str(results)], catch_exceptions=False
        )
    with pytest.raises(ConfigError, match="there is no folder"):
        CliRunner().invoke(
            app, ["info", "nested-cv@1+abcdef", "--results", "absent"], catch_exceptions=False
        )


def test_tables_and_their_json_name_metrics_and_changed_options(results):
    ended = CliRunner().invoke(app, ["leaderboard", str(results)])
    assert "metric: r2" in ended.stdout.splitlines()
    assert "options changed: folds 4 (default 10)" in ended.stdout.splitlines()
    (row,) = json.loads(CliRunner().invoke(app, ["leaderboard", str(results), "--json"]).stdout)
    assert row["metric::height"] == "r2"
    assert (row["dimension"], row["bytes_per_sample"]) == (2, 8.0)


def test_evaluate_names_changed_options_below_its_table(results, tmp_path):
    words = ["evaluate", str(results.parent / "e.npz"), "-o", str(tmp_path)]
    words += ["--labels", str(results.parent / "labels.csv")]
    ended = CliRunner().invoke(app, [*words, "--folds", "4"])
    assert ended.stdout.splitlines()[-1] == "options changed: folds 4 (default 10)"
    assert "options changed" not in CliRunner().invoke(app, words).stdout


def test_info_explains_the_digest_of_a_run_that_neuco_bench_has_written(tmp_path):
    config = {"k_folds": 7, "probe_type": "linear", "embedding_dim": 33, "probe_params": {"lr": 1}}
    for method in ("alpha", "beta"):
        folder = tmp_path / "eval" / f"{method}_20260101_000000"
        folder.mkdir(parents=True)
        scores = {"task_q_scores": {"crops": 3.0}, "task_acc_scores": {"crops": 0.4}}
        record = {"experiment": folder.name, "overall_q_score": 3.0, **scores, "config": config}
        (folder / "results_summary.json").write_text(json.dumps(record))
    shown = CliRunner().invoke(app, ["leaderboard", str(tmp_path), "--json"]).stdout
    (name,) = {row["protocol"] for row in json.loads(shown)}
    assert name.startswith("neuco-bench+")
    ended = CliRunner().invoke(app, ["info", name, "--results", str(tmp_path), "--json"])
    (row,) = json.loads(ended.stdout)
    assert {option["option"]: option["value"] for option in row["options"]} == config
    assert len(row["runs"]) == 2
    ended = CliRunner().invoke(app, ["info", name, "--results", str(tmp_path)])
    assert "embedding_dim  33" in ended.stdout
    assert "NeuCo-Bench's runs record all options" in ended.stderr


def test_values_of_each_output_are_shown_on_request(tmp_path):
    rng = np.random.default_rng(1)
    X = rng.normal(size=(80, 3)).astype("f4")
    lines = [f"s{i},{row[0]:.3f},{row[1]:.3f}" for i, row in enumerate(X)]
    (tmp_path / "labels").mkdir()
    text = "\n".join(["id,label:row,label:col", *lines]) + "\n"
    (tmp_path / "labels" / "position__regr.csv").write_text(text)
    np.savez(tmp_path / "e.npz", ids=np.array([f"s{i}" for i in range(80)]), matrix=X)
    report = neucocore.evaluate(
        tmp_path / "e.npz", labels=tmp_path / "labels", output=tmp_path / "out"
    )[0]
    ended = CliRunner().invoke(app, ["inspect", str(report.run_folder()), "--details"])
    lines = ended.stdout.splitlines()
    start = lines.index("scores of each output")
    assert lines[start + 1].split()[:4] == ["task", "output", "metric", "score"]
    assert [line.split()[1] for line in lines[start + 2 : start + 4]] == ["row", "col"]
