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
