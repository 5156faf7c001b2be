"""Tables at several widths: on a terminal of 40, 80 and 200 columns, and in a pipe."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import neucocore

METHODS = 12


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> Path:
    """Twelve methods on two tasks."""
    folder = tmp_path_factory.mktemp("narrow")
    rng = np.random.default_rng(1)
    ids = [f"s{row}" for row in range(80)]
    X = rng.normal(size=(80, 4))
    lines = ["id,biomass_of_the_forest,height"]
    lines += [f"{i},{x[0] + x[1]:.4f},{x[2]:.4f}" for i, x in zip(ids, X, strict=True)]
    (folder / "labels.csv").write_text("\n".join(lines) + "\n")
    for number in range(METHODS):
        matrix = (X + 0.2 * (number + 1) * rng.normal(size=X.shape)).astype("f4")
        np.savez(folder / f"method-{number:02d}.npz", ids=np.array(ids), matrix=matrix)
        neucocore.evaluate(
            folder / f"method-{number:02d}.npz", labels=folder / "labels.csv",
            output=folder / "out",
        )  # fmt: skip
    return folder / "out"


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_no_line_is_wider_than_the_terminal(on_terminal, results, columns):
    lines = on_terminal(columns, "leaderboard", results)
    body = [line for line in lines if not line.startswith("results: nested-cv")]  # the title wraps
    assert max(map(len, body)) <= columns


@pytest.mark.parametrize("columns", [80, 200])
def test_the_ranking_is_always_there(on_terminal, results, columns):
    lines = on_terminal(columns, "leaderboard", results)
    heading = lines[1].split()
    assert heading[:3] == ["rank", "method", "skill"]
    assert lines[2].split()[:2] == ["1", "method-00"]


def test_a_narrow_terminal_has_scores_in_groups_of_methods(on_terminal, results):
    lines = on_terminal(80, "leaderboard", results)
    headings = [line.split()[1:] for line in lines if line.startswith("task ")]
    assert sum(map(len, headings)) == METHODS
    assert len(headings) == 3


def test_numbers_are_aligned_at_their_last_digit(on_terminal, results):
    lines = on_terminal(200, "leaderboard", results)
    ranks = [line[:4] for line in lines[2 : 2 + METHODS]]
    assert ranks == [f"{number:4d}" for number in range(1, METHODS + 1)]
    bytes_end = {line.index(" 16 ") + 3 for line in lines[2 : 2 + METHODS]}
    assert len(bytes_end) == 1


def run(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "neucocore", *map(str, words)], capture_output=True, text=True
    )


def test_a_pipe_gets_one_line_per_method(results):
    done = run("leaderboard", results)
    assert len(done.stdout.splitlines()) == 2 + METHODS + len(["metric"])


def test_top_and_order(results):
    done = run("leaderboard", results, "--top", 3, "--sort-by", "height", "--format", "csv")
    rows = done.stdout.splitlines()
    assert len(rows) == 4
    header = rows[0].split(",")
    scores = [float(row.split(",")[header.index("acc::height")]) for row in rows[1:]]
    assert scores == sorted(scores, reverse=True)
    by_name = run("leaderboard", results, "--sort-by", "method", "--top", 2)
    assert "method-01" in by_name.stdout.splitlines()[3]
    wrong = run("leaderboard", results, "--sort-by", "heigt")
    assert wrong.returncode == 2
    assert "did you mean 'height'" in wrong.stderr


def test_scores_fit_eighty_columns(on_terminal, results):
    folder = next((results / "results").glob("method-00_*"))
    lines = on_terminal(80, "inspect", folder)
    assert lines[0] == "method-00: nested-cv@1, d 4"
    assert "score  95 % interval" in lines[1]
    assert max(map(len, lines)) <= 80
    narrow = on_terminal(64, "inspect", folder)
    assert narrow[1].split()[:6] == ["task", "score", "95", "%", "interval", "n"]
    record = on_terminal(80, "-v", "inspect", folder)
    assert any(line.startswith("    identity: ") for line in record)
