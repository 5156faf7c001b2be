"""A run that NeuCo-Bench made, next to a run of ours with the same configuration."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

REFERENCE = Path(__file__).parents[1] / "fixtures" / "reference" / "evaluation"


def theirs(folder: Path, config: dict, q: dict[str, float], method: str = "rival") -> Path:
    """Write the summary as NeuCo-Bench's ``save_results`` does."""
    run = folder / "dev" / f"{method}_20260705_120000"
    run.mkdir(parents=True)
    summary = {
        "experiment": run.name,
        "overall_q_score": sum(q.values()) / len(q),
        "overall_acc_score": 0.4,
        "task_q_scores": q,
        "task_acc_scores": dict.fromkeys(q, 0.4),
        "config": config,
    }
    (run / "results_summary.json").write_text(json.dumps(summary, indent=2))
    return run


@pytest.fixture(params=["default_small", "padded_raw"])
def ours(request, neuco, tmp_path):
    """Evaluate the reference's embeddings under one of its configurations."""
    file = REFERENCE / f"{request.param}.config.yaml"
    words = ("evaluate", REFERENCE / "embeddings.csv", "--labels", REFERENCE / "labels")
    ended = neuco(*words, "--config", file, "-o", tmp_path / "out", "--phase", "dev", "--json")
    assert ended.code == 0
    config = yaml.safe_load(file.read_text())
    return tmp_path / "out", config, {row["task"]: row["q"] for row in json.loads(ended.out)}


def board(neuco, folder: Path):
    ended = neuco("leaderboard", folder, "--format", "json")
    assert ended.code == 0
    return json.loads(ended.out), ended.err


def test_they_share_a_table_and_the_run_without_labels_is_marked(neuco, ours):
    folder, config, q = ours
    theirs(folder, config, {task: value + 1 for task, value in q.items()})
    rows, messages = board(neuco, folder)
    assert len({row["table"] for row in rows}) == 1
    assert {row["method"]: row["labels"] for row in rows} == {
        "embeddings": "recorded",
        "rival": "not recorded",
    }
    assert "rival_20260705_120000: labels not recorded" in messages
    shown = neuco("leaderboard", folder)
    assert "rival (labels not recorded)" in shown.out


def test_another_configuration_or_other_tasks_do_not_share_it(neuco, ours):
    folder, config, q = ours
    theirs(folder, {**config, "k_folds": config["k_folds"] + 1}, q)
    rows, _ = board(neuco, folder)
    assert len({row["table"] for row in rows}) == 2
    shutil.rmtree(folder / "dev" / "rival_20260705_120000")
    theirs(folder, config, {"another": 1.0, "again": 2.0})
    rows, messages = board(neuco, folder)
    assert len({row["table"] for row in rows}) == 2
    assert "separate table" in messages
