"""Results that a host downloads from a platform, and the ranking that the platform cannot compute.

A platform's scorer sees one submission at a time, so ranks over teams are computed here.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from neuco_plugin_challenge.reference_data import FAILURE_VALUE
from neuco_plugin_challenge.scorer_bundle import EXACT_MEAN
from neucocore import NeucoError

TASK = re.compile(r"task-\d+")
CODABENCH_COLUMN = re.compile(r"\(\d+\)-(task-\d+|exact_mean_score|mean_score|failures)$")
CODABENCH_TEAM = re.compile(r"-\d+$")
_UNREADABLE = (
    OSError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile, csv.Error,
)  # fmt: skip
"""What reading a file of another kind raises."""
HINT = (
    "EvalAI: the JSON of the host leaderboard of a phase; Codabench: the CSV, ZIP or JSON that "
    "the results page offers to organisers"
)


@dataclass(frozen=True)
class Entry:
    """One submission on a platform's leaderboard.

    Attributes
    ----------
    phase
        Title of the leaderboard it was on.
    number
        Number of the submission, which grows with time.
    scores
        Score of each task.
    """

    phase: str
    team: str
    number: int
    scores: Mapping[str, float]


def read_results(path: Path) -> list[Entry]:
    """Read a file that was downloaded from EvalAI or from Codabench.

    Raises
    ------
    NeucoError
        The file cannot be read, or submissions lack the score of a task; all are reported.
    """
    try:
        entries = list(_entries(path))
    except _UNREADABLE as error:
        raise NeucoError(
            f"{path} holds no results that can be read: {type(error).__name__}", hint=HINT
        ) from error
    if not entries:
        raise NeucoError(f"{path} holds no results", hint=HINT)
    problems = []
    for phase in sorted({entry.phase for entry in entries}):
        of_phase = [entry for entry in entries if entry.phase == phase]
        tasks = {task for entry in of_phase for task in entry.scores}
        if not tasks:
            problems.append(f"{phase}: no column of a task; the file is that of participants")
        for entry in of_phase:
            missing = sorted(tasks - set(entry.scores))
            wrong = sorted(t for t, value in entry.scores.items() if not math.isfinite(value))
            if missing or wrong:
                bad = ", ".join(missing + wrong)
                problems.append(f"{phase}: {entry.team}, submission {entry.number}: no {bad}")
    if problems:
        raise NeucoError(f"{path} lacks scores", problems=problems, hint=HINT)
    return entries


def _entries(path: Path) -> Iterator[Entry]:
    if path.suffix.lower() == ".zip":
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                text = archive.read(name).decode("utf-8-sig")
                yield from _codabench_rows(Path(name).stem, csv.DictReader(text.splitlines()))
        return
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix.lower() == ".csv":
        yield from _codabench_rows(path.stem, csv.DictReader(text.splitlines()))
        return
    content = json.loads(text)
    if isinstance(content, dict) and "results" in content and isinstance(content["results"], list):
        content = content["results"]
    if isinstance(content, list):
        yield from _evalai_rows(path.stem, content)
        return
    for phase, teams in content.items():
        rows = ({"Username": team, **columns} for team, columns in teams.items())
        yield from _codabench_rows(phase, rows)


def _evalai_rows(phase: str, rows: Iterable[Mapping[str, Any]]) -> Iterator[Entry]:
    for row in rows:
        labels = row["leaderboard__schema"]["labels"]
        result = row["result"]
        values = result if isinstance(result, Mapping) else dict(zip(labels, result, strict=True))
        yield Entry(
            phase,
            str(row["submission__participant_team__team_name"]),
            int(row.get("submission__id", row["id"])),
            {name: float(value) for name, value in values.items() if TASK.fullmatch(name)},
        )


def _codabench_rows(phase: str, rows: Iterable[Mapping[str, Any]]) -> Iterator[Entry]:
    for row in rows:
        user = str(row["Username"])
        scores = {}
        for column, value in row.items():
            match = CODABENCH_COLUMN.search(column or "")
            # A phase with fewer tasks than another has empty columns.
            if match and TASK.fullmatch(match[1]) and value not in ("", None):
                scores[match[1]] = float(value)
        number = re.search(r"-(\d+)$", user)
        yield Entry(phase, CODABENCH_TEAM.sub("", user), int(number[1]) if number else 0, scores)


def latest(entries: Sequence[Entry], counts: str) -> list[Entry]:
    """Return one submission per team: the last one, or the one with the best mean."""
    chosen: dict[str, Entry] = {}
    for entry in sorted(entries, key=lambda entry: entry.number):
        known = chosen.get(entry.team)
        if known is None or counts == "last" or _mean(entry) > _mean(known):
            chosen[entry.team] = entry
    return list(chosen.values())


def _mean(entry: Entry) -> float:
    return math.fsum(entry.scores.values()) / len(entry.scores)


def rows_of_board(entries: Sequence[Entry], ranking: str) -> list[dict[str, Any]]:
    """Return one row per team with both rankings, the winner first.

    A task that failed ranks below every score. It does not count in the spread of the scores that
    weights the task, where one failure would outweigh all other tasks.

    Parameters
    ----------
    entries
        One submission per team.
    ranking
        ``weighted-rank`` or ``mean-score``: which one orders the rows.
    """
    tasks = sorted({task for entry in entries for task in entry.scores}, key=lambda t: (len(t), t))
    q = np.array([[entry.scores[task] for task in tasks] for entry in entries])
    ranks = 1 + np.sum(q[None] > q[:, None], axis=1)
    valid = q > FAILURE_VALUE
    spread = np.array(
        [
            column[ok].std(ddof=1) if ok.sum() > 1 else 0.0
            for column, ok in zip(q.T, valid.T, strict=True)
        ]
    )
    weights = spread / spread.sum() if spread.sum() > 0 else np.full(len(tasks), 1 / len(tasks))
    weighted = (ranks * weights).sum(axis=1)
    means = [_mean(entry) for entry in entries]
    rows = [
        {
            "team": entry.team,
            "rank_by_weighted_rank": 1 + int(np.sum(weighted < score)),
            "rank_by_mean": 1 + int(np.sum(np.array(means) > mean)),
            "weighted_rank": float(score),
            "mean_score": mean,
            "failed_tasks": int(np.sum(~ok)),
        }
        for entry, score, mean, ok in zip(entries, weighted, means, valid, strict=True)
    ]
    key = "rank_by_weighted_rank" if ranking == "weighted-rank" else "rank_by_mean"
    return sorted(rows, key=lambda row: (row[key], row["team"]))


def host_rows(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return the score of each task per team: for the host only."""
    return [
        {"phase": e.phase, "team": e.team, "submission": e.number, **e.scores, EXACT_MEAN: _mean(e)}
        for e in entries
    ]


def csv_of(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as CSV; columns in the order in which they first occur."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
