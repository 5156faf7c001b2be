"""The bundle that Codabench accepts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import yaml

from neuco_plugin_challenge.bundle_check import program_files
from neuco_plugin_challenge.reference_data import zip_of
from neuco_plugin_challenge.scorer_bundle import (
    EXACT_MEAN,
    PUBLIC_LABELS,
    ScoredPhase,
    guidelines,
    logo,
    page,
    rules,
)

if TYPE_CHECKING:
    from neuco_plugin_challenge.settings import Challenge

DOCKER_IMAGE = "codalab/codalab-legacy:py39"
"""An image of Codabench with Python 3.9 and numpy; the platform's default has Python 3.7."""
TIME_LIMIT = 3600
"""Seconds that scoring one submission may take; the platform's default is 600."""
COMMAND = "python3 /app/program/scoring.py /app/input/ /app/output/"


def codabench_bundle(
    challenge: Challenge, phases: Sequence[ScoredPhase], scorer: Mapping[str, str]
) -> dict[str, bytes]:
    """Return the files of the bundle by name.

    Scores of tasks are hidden columns, and nothing that the scorer writes can be downloaded by
    participants (``hide_output``).
    """
    program = {**program_files(scorer), "metadata.yaml": f"command: {COMMAND}\n"}
    config = _config(challenge, phases)
    files = {
        "competition.yaml": yaml.safe_dump(config, sort_keys=False, allow_unicode=True).encode(),
        "logo.png": logo(),
        "scoring_program.zip": zip_of(program),
        "pages/overview.md": page(challenge.title, [challenge.description]).encode(),
        "pages/evaluation.md": page("Evaluation", rules(challenge, phases)).encode(),
        "pages/submission.md": page("Submission", guidelines(challenge)).encode(),
        "pages/terms.md": page(
            "Terms and conditions", ["The rules of the challenge apply. Replace this page."]
        ).encode(),
    }
    for scored in phases:
        name = f"reference_{scored.phase.codename}.zip"
        files[name] = zip_of(scored.reference.files())
    return files


def _config(challenge: Challenge, phases: Sequence[ScoredPhase]) -> dict[str, Any]:
    most = max((scored.host_labels for scored in phases), key=len)
    columns = [*PUBLIC_LABELS, EXACT_MEAN, *(name for name in most if name != EXACT_MEAN)]
    return {
        "version": 2,
        "title": challenge.title,
        "description": " ".join(challenge.description.split()),
        "image": "logo.png",
        "terms": "pages/terms.md",
        "docker_image": DOCKER_IMAGE,
        "enable_detailed_results": False,
        "make_programs_available": False,
        "make_input_data_available": False,
        "pages": [
            {"title": name.capitalize(), "file": f"pages/{name}.md"}
            for name in ("overview", "evaluation", "submission")
        ],
        "tasks": [
            {
                "index": number,
                "name": scored.phase.title,
                "description": scored.phase.title,
                "scoring_program": "scoring_program.zip",
                "reference_data": f"reference_{scored.phase.codename}.zip",
            }
            for number, scored in enumerate(phases)
        ],
        "phases": [_phase(number, scored) for number, scored in enumerate(phases)],
        "leaderboards": [
            {
                "title": "Results",
                "key": "results",
                "submission_rule": "Force_Last" if challenge.counts == "last" else "Force_Best",
                "hidden": all(scored.phase.hidden for scored in phases),
                "columns": [
                    {
                        "title": name,
                        "key": name,
                        "index": index,
                        "sorting": "asc" if name == "failures" else "desc",
                        "precision": 6,
                        "hidden": name not in PUBLIC_LABELS,
                    }
                    for index, name in enumerate(columns)
                ],
            }
        ],
    }


def _phase(number: int, scored: ScoredPhase) -> dict[str, Any]:
    phase = scored.phase
    limits = {
        "max_submissions": phase.in_all,
        "max_submissions_per_day": phase.per_day,
    }
    return {
        "index": number,
        "name": phase.title,
        "description": phase.title,
        "start": phase.start.strftime("%Y-%m-%d %H:%M:%S"),
        "end": phase.end.strftime("%Y-%m-%d %H:%M:%S"),
        "tasks": [number],
        "execution_time_limit": TIME_LIMIT,
        "hide_output": True,
        "hide_prediction_output": True,
        "hide_score_output": True,
        **{name: value for name, value in limits.items() if value is not None},
    }
