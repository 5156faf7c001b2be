"""What the bundles of both platforms have in common: reference data, texts and a logo."""

from __future__ import annotations

import html
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from neuco_plugin_challenge.reference_data import ReferenceData

if TYPE_CHECKING:
    from neuco_plugin_challenge.settings import Challenge, Phase

PUBLIC_LABELS = ("mean_score", "failures")
"""Columns that participants see; the names of ``scorer/results.py``."""
EXACT_MEAN = "exact_mean_score"
SUBMISSION_TYPES = (".csv", ".npz", ".zip")
LOGO_SIZE, LOGO_COLOUR = 64, (46, 106, 79)


@dataclass(frozen=True, eq=False)
class ScoredPhase:
    """A phase with the data that its submissions are scored with."""

    phase: Phase
    reference: ReferenceData

    @property
    def host_labels(self) -> list[str]:
        """Columns that only the host sees: the tasks, and the mean that is not rounded."""
        names = [task["name"] for task in self.reference.described["tasks"]]
        return [*sorted(names, key=lambda name: (len(name), name)), EXACT_MEAN]


def page(title: str, paragraphs: Sequence[str]) -> str:
    """Return a page of escaped paragraphs."""
    body = "\n".join(f"<p>{html.escape(text)}</p>" for text in paragraphs if text)
    return f"<h1>{html.escape(title)}</h1>\n{body}\n"


def rules(challenge: Challenge, phases: Sequence[ScoredPhase]) -> list[str]:
    """Return in sentences how submissions are scored and ranked."""
    limits = challenge.limits
    stated = [
        f"at most {limits.dimensions} dimensions" if limits.dimensions else "",
        f"at most {limits.dtype} per number" if limits.dtype else "",
        f"at most {limits.bytes} bytes per embedding" if limits.bytes else "",
    ]
    texts = [
        "Submissions are embeddings: one vector of numbers for each id of the phase.",
        f"Limits of an embedding: {', '.join(filter(None, stated)) or 'none'}.",
        f"Scores: protocol {challenge.protocol}, mean over hidden tasks.",
        f"The {challenge.counts} submission of a team counts. Final ranking: {challenge.ranking}, "
        "computed by the organisers from the scores of each task.",
    ]
    for scored in phases:
        step = scored.reference.described["rounding"]
        if step:
            texts.append(f"{scored.phase.title}: scores are shown in steps of {step:g}.")
    return texts


def guidelines(challenge: Challenge) -> list[str]:
    """Return in sentences what a submission file looks like."""
    del challenge
    return [
        "Submit one .csv file with the columns id, 0, 1, 2, ... or one .npz file with the arrays "
        "ids (text) and matrix (float16 or float32), saved with numpy.savez. A .zip with this one "
        "file, at its root or in one folder, is read too.",
        "Every id of the phase occurs exactly once. The order of rows does not matter. NaN and "
        "infinite values are refused.",
    ]


def logo() -> bytes:
    """Return a plain square as PNG, to be replaced by the challenge's own."""
    row = b"\0" + bytes(LOGO_COLOUR) * LOGO_SIZE
    header = struct.pack(">IIBBBBB", LOGO_SIZE, LOGO_SIZE, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(row * LOGO_SIZE)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
