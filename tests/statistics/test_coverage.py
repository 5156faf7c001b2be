"""Two cheap cells of the simulations of intervals and comparisons, and what is written from all.

`make verify` simulates all cells.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "docs/evidence/uncertainty.jsonl"


@pytest.fixture(scope="module")
def trust():
    """Import the parts of docs/simulations/uncertainty.py."""
    folder = str(ROOT / "docs/simulations")
    sys.path.append(folder)
    try:
        yield lambda name: importlib.import_module(f"trust.{name}")
    finally:
        sys.path.remove(folder)


@pytest.fixture(scope="module")
def on_file():
    return {r["cell"]: r for r in map(json.loads, RESULTS.read_text().splitlines())}


def simulated(trust, name):
    (cell,) = [cell for cell in trust("cells").CELLS if cell.name == name]
    return cell.result()


def test_intervals_of_r2_cover_the_truth(trust, on_file):
    """300 rows, 16 dimensions, R2 0.5: 1,000 labels on 100 sets of rows."""
    name = "iso normal 300x16"
    found = simulated(trust, name)["values"]
    covered = found["covered"]
    assert covered["share"] >= 0.93 - 2.5 * covered["error"]
    assert found["without_interval"] == 0
    # An interval of 4.5 standard deviations of the score is no better than it has to be.
    assert found["width"] <= 4.5 * found["sd"]
    assert covered["share"] == pytest.approx(on_file[name]["values"]["covered"]["share"], abs=5e-3)


def test_equal_embeddings_are_rarely_called_different(trust, on_file):
    """300 rows, 32 columns: two views of 16 signals, 1,000 labels on 100 sets of rows."""
    name = "views 300x32"
    found = simulated(trust, name)["values"]
    different = found["different"]
    assert different["share"] <= 0.05 + 2.5 * different["error"]
    # What influence values alone would say: the training noise is needed.
    assert found["rows_only"]["share"] > 0.06
    before = on_file[name]["values"]["different"]["share"]
    assert different["share"] == pytest.approx(before, abs=5e-3)


def test_every_cell_has_a_result(trust, on_file):
    cells = {cell.name: cell for cell in trust("cells").CELLS}
    assert len(cells) == len(trust("cells").CELLS)
    assert on_file.keys() == cells.keys()
    sizes = {name: result["data_sets"] for name, result in on_file.items()}
    assert sizes == {name: cell.sets * cell.labels for name, cell in cells.items()}


@pytest.mark.parametrize("which", ["evidence", "calibration"])
def test_tables_and_coverages_are_those_of_the_results(trust, monkeypatch, tmp_path, which):
    """Writing them again changes nothing."""
    tables = trust("tables")
    copies = {}
    for name in ("EVIDENCE", "CALIBRATION"):
        path = getattr(tables, name)
        copies[name.lower()] = (path, tmp_path / path.name)
        (tmp_path / path.name).write_text(path.read_text("utf-8"), "utf-8")
        monkeypatch.setattr(tables, name, tmp_path / path.name)
    tables.write_all(RESULTS)
    path, copy = copies[which]
    assert copy.read_text("utf-8") == path.read_text("utf-8")


def test_the_truth_of_a_linear_prediction_is_that_of_new_rows(trust):
    """The closed form of R2 against 200,000 rows, for every kind of rows and labels."""
    designs = trust("designs")
    for design in (
        designs.Design(200_000, 8, "fraction", 0.5, 1.0),
        designs.Design(200_000, 8, "zero-inflated", 0.3, autocorrelation=0.9),
        designs.Design(200_000, 8, "normal", 0.5, groups=50_000),
    ):
        rng = np.random.default_rng(1)
        data = designs.draw(design, 2, rng)
        weights, intercepts = 0.1 * rng.normal(size=(8, 2)), 0.1 * rng.normal(size=2)
        baselines = data.mean + np.array([0.0, 0.1])
        errors = np.mean((data.Y - data.X @ weights - intercepts) ** 2, axis=0)
        found = 1 - errors / np.mean((data.Y - baselines) ** 2, axis=0)
        exact = data.true_r2(weights, intercepts, baselines)
        # By the spread of the errors of 200,000 rows, five standard errors.
        np.testing.assert_allclose(1 - found, 1 - exact, rtol=0.03)


def test_the_truth_of_two_classes_is_that_of_new_rows(trust):
    from scipy.special import expit
    from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

    classes = trust("classes")
    rng = np.random.default_rng(2)
    truth = classes.Truth(0.2)
    log_odds = rng.standard_normal(100_000)
    y = rng.random(100_000) < expit(truth.constant + classes.STRENGTH * log_odds)
    score = 0.7 * log_odds + np.sqrt(1 - 0.7**2) * rng.standard_normal(100_000)
    found = truth.scores(np.array([0.7]), np.array([0.5]))
    assert found["average precision"] == pytest.approx(average_precision_score(y, score), abs=0.015)
    assert found["AUC"] == pytest.approx(roc_auc_score(y, score), abs=0.006)
    assert found["accuracy"] == pytest.approx(np.mean(y == (score > 0.5)), abs=0.006)
    macro = f1_score(y, score > 0.5, average="macro")
    assert found["macro-F1"] == pytest.approx(macro, abs=0.008)


def test_a_check_names_the_cell_that_differs(tmp_path, on_file):
    changed = json.loads(json.dumps(on_file["iso normal 100x16"]))
    changed["values"]["covered"]["share"] += 0.02
    results = tmp_path / "results.jsonl"
    results.write_text(json.dumps(changed) + "\n")
    script = ROOT / "docs/simulations/uncertainty.py"
    words = ["--check", "--cells", "iso normal 100x16", "--results", str(results)]
    run = subprocess.run([sys.executable, script, *words], capture_output=True, text=True)
    assert run.returncode == 1
    assert "covered share is" in run.stdout
    changed["values"]["covered"]["share"] -= 0.02
    results.write_text(json.dumps(changed) + "\n")
    run = subprocess.run([sys.executable, script, *words], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_error_of_a_share_counts_sets_of_rows_that_agree_once(trust):
    share = trust("measures").share
    values = np.repeat(np.arange(50) % 5 == 0, 20)
    apart = share(values, np.arange(1000))
    together = share(values, np.repeat(np.arange(50), 20))
    assert apart["share"] == together["share"] == 0.2
    assert apart["error"] == pytest.approx(np.sqrt(0.2 * 0.8 / 1000))
    assert together["error"] == pytest.approx(np.sqrt(0.2 * 0.8 / 49))
