"""The bundle that EvalAI accepts: ``challenge_config.zip``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import yaml

from neuco_plugin_challenge.reference_data import zip_of
from neuco_plugin_challenge.scorer_bundle import (
    PUBLIC_LABELS,
    SUBMISSION_TYPES,
    ScoredPhase,
    guidelines,
    logo,
    page,
    rules,
)

if TYPE_CHECKING:
    from neuco_plugin_challenge.settings import Challenge

HOST, PUBLIC = 1, 3
"""Who sees a part of a leaderboard."""
NO_LIMIT = 100_000
"""Submissions in all where the challenge states no limit; EvalAI requires a number."""
DECIMALS = 6


def evalai_bundle(
    challenge: Challenge, phases: Sequence[ScoredPhase], scorer: Mapping[str, str]
) -> dict[str, bytes]:
    """Return the files of the bundle by name.

    The scores of each task are a part of the results of their own, which only the host sees.
    """
    texts = {
        "description": page(challenge.title, [challenge.description]),
        "evaluation_details": page("Evaluation", rules(challenge, phases)),
        "terms_and_conditions": page(
            "Terms and conditions", ["The rules of the challenge apply. Replace this page."]
        ),
        "submission_guidelines": page("Submission", guidelines(challenge)),
    }
    files = {f"templates/{name}.html": text.encode() for name, text in texts.items()}
    for scored in phases:
        phase = scored.phase
        files[f"templates/{phase.codename}.html"] = page(
            phase.title, guidelines(challenge)
        ).encode()
        files[f"annotations/{phase.codename}.zip"] = zip_of(scored.reference.files())
    files["evaluation_script.zip"] = zip_of(scorer)
    files["logo.png"] = logo()
    config = _config(challenge, phases, list(texts))
    text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
    return {"challenge_config.yaml": text.encode(), **files}


def _config(
    challenge: Challenge, phases: Sequence[ScoredPhase], pages: Sequence[str]
) -> dict[str, Any]:
    splits, joined, boards = [], [], [_board(1, PUBLIC_LABELS)]
    for number, scored in enumerate(phases, 1):
        codename = scored.phase.codename
        boards.append(_board(number + 1, scored.host_labels))
        for part, board, visibility in (
            ("public", 1, HOST if scored.phase.hidden else PUBLIC),
            ("host", number + 1, HOST),
        ):
            split = len(splits) + 1
            name = f"{codename}-{part}"
            splits.append({"id": split, "name": name, "codename": name})
            joined.append(
                {
                    "challenge_phase_id": number,
                    "leaderboard_id": board,
                    "dataset_split_id": split,
                    "visibility": visibility,
                    "leaderboard_decimal_precision": DECIMALS,
                    "is_leaderboard_order_descending": True,
                }
            )
    return {
        "title": challenge.title,
        "short_description": " ".join(challenge.description.split())[:140] or challenge.title,
        **{name: f"templates/{name}.html" for name in pages},
        "image": "logo.png",
        "evaluation_script": "evaluation_script.zip",
        "remote_evaluation": False,
        "start_date": _date(min(scored.phase.start for scored in phases)),
        "end_date": _date(max(scored.phase.end for scored in phases)),
        "published": False,
        "tags": ["earth observation", "embeddings", "compression"],
        "leaderboard": boards,
        "challenge_phases": [_phase(number, scored) for number, scored in enumerate(phases, 1)],
        "dataset_splits": splits,
        "challenge_phase_splits": joined,
    }


def _board(number: int, labels: Sequence[str]) -> dict[str, Any]:
    order = "mean_score" if "mean_score" in labels else labels[-1]
    return {"id": number, "schema": {"labels": list(labels), "default_order_by": order}}


def _phase(number: int, scored: ScoredPhase) -> dict[str, Any]:
    phase = scored.phase
    in_all = phase.in_all or NO_LIMIT
    per_day = min(phase.per_day or in_all, in_all)
    return {
        "id": number,
        "name": phase.title,
        "description": f"templates/{phase.codename}.html",
        "codename": phase.codename,
        "leaderboard_public": not phase.hidden,
        "is_public": True,
        "is_submission_public": False,
        "start_date": _date(phase.start),
        "end_date": _date(phase.end),
        "test_annotation_file": f"annotations/{phase.codename}.zip",
        "max_submissions_per_day": per_day,
        "max_submissions_per_month": in_all,
        "max_submissions": in_all,
        "allowed_submission_file_types": ", ".join(SUBMISSION_TYPES),
        "is_restricted_to_select_one_submission": False,
        "is_partial_submission_evaluation_enabled": False,
    }


def _date(time: datetime) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S")
