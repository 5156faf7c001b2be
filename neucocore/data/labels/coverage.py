"""Which labelled samples have an embedding, and which have none."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from neucocore.data.labels.labels import LabelFile
from neucocore.files.findings import Finding


def coverage(ids: Sequence[str], wanted: Collection[str], what: str) -> list[Finding]:
    """Compare the ids of embeddings with those wanted.

    Parameters
    ----------
    ids
        Ids that have an embedding.
    wanted
        Ids that should have one.
    what
        Where the wanted ids come from, for the messages.

    Returns
    -------
    list of Finding
        ``missing-ids`` (an error) and ``extra-ids`` (a warning).
    """
    there = set(ids)
    findings = []
    missing = sorted(set(wanted) - there)
    if missing:
        message = f"id of {what} has no embedding"
        findings.append(Finding("missing-ids", "error", message, len(missing), tuple(missing[:3])))
    extra = sorted(there - set(wanted))
    if extra:
        message = f"embedding belongs to no id of {what}"
        findings.append(Finding("extra-ids", "warning", message, len(extra), tuple(extra[:3])))
    return findings


def covering_column(files: Sequence[LabelFile], ids: Collection[str]) -> str | None:
    """Return the yes/no column whose rows all have embeddings, if there is one.

    Missing ids often belong to another phase of a challenge; the column of the phase at hand,
    given to ``--where``, then leaves them out.
    """
    there = set(ids)
    columns = sorted({name for file in files for name in file.extra})
    chosen: dict[str, set[str]] = {}
    for column in columns:
        phase: set[str] = set()
        for file in files:
            flags = file.flags(column) if column in file.extra else None
            if flags is None:
                break
            phase.update(text for text, true in zip(file.ids, flags, strict=True) if true)
        else:
            if phase and phase <= there:
                chosen[column] = phase
    return max(chosen, key=lambda column: len(chosen[column]), default=None)
