"""Results of both platforms are read, and teams are ranked by both rankings."""

from __future__ import annotations

import csv
import json

import pytest
from typer import Typer
from typer.testing import CliRunner

from neuco_plugin_challenge.commands_platforms import add_commands
from neuco_plugin_challenge.platform_results import latest, read_results, rows_of_board
from neucocore import NeucoError

# Two tasks, the second with a ten times larger spread: B wins by weighted rank, A by the mean.
SCORES = {"A": (9.0, 1.0), "B": (0.0, 1.5), "C": (-0.2, 0.5), "D": (-0.5, 0.2)}


def codabench(folder, scores=SCORES, name="results.json"):
    """Write results as Codabench does; every team has an earlier, better submission."""
    rows = {}
    for number, (team, (first, second)) in enumerate(scores.items(), 1):
        for submission, more in ((number, 1), (number + 100, 0)):
            rows[f"{team}-{submission}"] = {
                "dev phase(7)-mean_score": str((first + second) / 2),
                "dev phase(7)-task-1": str(first + more),
                "dev phase(7)-task-2": str(second),
                "dev phase(7)-task-3": "",
            }
    path = folder / name
    if name.endswith(".csv"):
        columns = ["Username", "fact_sheet_answers", *next(iter(rows.values()))]
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows({"Username": user, **row} for user, row in rows.items())
    else:
        path.write_text(json.dumps({"Results - dev phase(3)": rows}))
    return path


def evalai(folder):
    schema = {"labels": ["task-1", "task-2", "exact_mean_score"], "default_order_by": "task-1"}
    rows = [
        {
            "id": number,
            "submission__id": number,
            "submission__participant_team__team_name": team,
            "leaderboard__schema": schema,
            "result": [*values, sum(values) / 2],
        }
        for number, (team, values) in enumerate(SCORES.items())
    ]
    path = folder / "evalai.json"
    path.write_text(json.dumps({"count": 4, "next": None, "results": rows}))
    return path


@pytest.mark.parametrize("kind", ["json", "csv", "evalai"])
def test_the_last_submission_of_each_team_is_read(kind, tmp_path):
    path = evalai(tmp_path) if kind == "evalai" else codabench(tmp_path, name=f"results.{kind}")
    chosen = latest(read_results(path), "last")
    assert {one.team: tuple(one.scores.values()) for one in chosen} == SCORES


def test_the_best_submission_counts_where_the_rules_say_so(tmp_path):
    chosen = latest(read_results(codabench(tmp_path)), "best")
    assert {one.team: one.scores["task-1"] for one in chosen}["A"] == 10


def test_both_rankings_are_neucos(tmp_path):
    import numpy as np

    from neucocore.results.ranking import ranks, weighted_scores

    entries = latest(read_results(evalai(tmp_path)), "last")
    rows = {row["team"]: row for row in rows_of_board(entries, "weighted-rank")}
    q = np.array(list(SCORES.values()))
    assert [rows[team]["weighted_rank"] for team in SCORES] == pytest.approx(weighted_scores(q))
    assert [rows[t]["rank_by_mean"] for t in SCORES] == ranks(q.mean(axis=1)).tolist()
    assert next(iter(rows)) == "A"


def test_a_failed_task_ranks_last_and_does_not_weight_its_task(tmp_path):
    before = rows_of_board(latest(read_results(codabench(tmp_path)), "last"), "weighted-rank")
    failed = {**SCORES, "D": (-0.5, -100.0)}
    path = codabench(tmp_path, failed, "failed.json")
    after = rows_of_board(latest(read_results(path), "last"), "weighted-rank")
    assert [row["team"] for row in before] == [row["team"] for row in after]
    assert after[-1]["failed_tasks"] == 1
    assert after[0]["weighted_rank"] == pytest.approx(before[0]["weighted_rank"], abs=0.1)


@pytest.mark.parametrize(
    "content",
    [
        "", "[]", "{}", '{"a": 1}', '{"results": [{"id": 1}]}',
        '{"R": {"x-1": {"t(1)-mean_score": 1}}}',
    ],
)  # fmt: skip
def test_files_without_scores_of_tasks_are_refused(content, tmp_path):
    path = tmp_path / "results.json"
    path.write_text(content)
    with pytest.raises(NeucoError) as error:
        read_results(path)
    assert "leaderboard" in (error.value.hint or "")


def test_scores_of_tasks_are_written_to_the_hosts_file_only(tmp_path):
    app = Typer()
    add_commands(app)
    out = tmp_path / "host.csv"
    done = CliRunner().invoke(app, ["import", str(codabench(tmp_path)), "-o", str(out), "--json"])
    assert done.exit_code == 0, done.output
    assert "task-1" not in done.stdout
    assert "task-1" in out.read_text()
    assert json.loads(done.stdout)[0]["team"] == "A"
