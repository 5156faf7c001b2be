"""EvalAI's entry point."""

from __future__ import annotations

import sys

from .reference import read_reference
from .results import NAME_OF_HOST, NAME_OF_PUBLIC, score_submission
from .submission import Refused


def evaluate(*arguments, **keywords):
    """Score one submission.

    A hosted worker calls ``evaluate(annotation, submission, phase_codename)``, a remote one
    ``evaluate(submission, phase_codename, test_annotation_file=annotation)``; both may use the
    keywords ``test_annotation_file``, ``user_submission_file`` and ``phase_codename``.

    Returns
    -------
    dict
        What EvalAI expects: ``result``, ``submission_result`` and ``submission_metadata``, plain
        finite numbers only.

    Raises
    ------
    Exception
        The submission is refused; the message is meant for the participant.
    """
    annotation, submission, phase = _arguments(arguments, keywords)
    reference = read_reference(annotation)
    if phase != reference.phase:
        raise Exception("the scoring data of this phase are those of another phase")
    refusal = None
    try:
        scored = score_submission(reference, submission)
    except Refused as error:
        refusal = str(error)
    except Exception:
        refusal = "the submission could not be scored; ask the organisers"
    if refusal is not None:
        # Raised outside the handler: a chained traceback would show paths and numbers.
        print(refusal, file=sys.stderr)
        raise Exception(refusal)
    for note in scored.notes:
        print(note)
    return {
        "result": [
            {f"{phase}-{NAME_OF_PUBLIC}": scored.public},
            {f"{phase}-{NAME_OF_HOST}": scored.host},
        ],
        "submission_result": dict(scored.public),
        # EvalAI's leaderboard hands the metadata to everybody, so no score of a task is in it.
        "submission_metadata": {},
    }


def _arguments(arguments, keywords):
    """Return annotation, submission and phase from either order of arguments."""
    annotation = keywords.get("test_annotation_file")
    submission = keywords.get("user_submission_file")
    phase = keywords.get("phase_codename")
    rest = list(arguments)
    if len(rest) == 3 or (rest and annotation is None):
        annotation = rest.pop(0)
    if rest and submission is None:
        submission = rest.pop(0)
    if rest and phase is None:
        phase = rest.pop(0)
    if annotation is None or submission is None or phase is None:
        raise Exception("evaluate needs an annotation file, a submission file and a phase")
    return annotation, submission, phase
