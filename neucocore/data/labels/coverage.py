"""Which labelled samples have an embedding, and which do not."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from neucocore.data.labels.label_file import LabelFile
from neucocore.data.labels.values import flags
from neucocore.files.findings import Finding


def coverage(ids: Sequence[str], required: Collection[str], source: str) -> list[Finding]:
    """Compare the ids of embeddings with those that need one.

    Parameters
    ----------
    ids
        Ids that have an embedding.
    required
        Ids that need one.
    source
        Where the required ids come from, for the messages.

    Returns
    -------
    list of Finding
        ``missing-ids`` (an error) and ``extra-ids`` (a warning).
    """
    available = set(ids)
    missing = sorted(set(required) - available)
    extra = sorted(available - set(required))
    findings = []
    if missing:
        message = f"id of {source} has no embedding"
        findings.append(Finding("missing-ids", "error", message, len(missing), tuple(missing[:3])))
    if extra:
        message = f"embedding has no id in {source}"
        findings.append(Finding("extra-ids", "warning", message, len(extra), tuple(extra[:3])))
    return findings


def covering_subset(files: Sequence[LabelFile], ids: Collection[str]) -> str | None:
    """Return the column of true and false whose true rows all have embeddings, if there is one.

    Missing ids often belong to another phase of a challenge; ``--subset`` with the column of the
    right phase leaves them out. Of several such columns, the one with the most ids is returned.

    Parameters
    ----------
    files
        The label files; each must have the column.
    ids
        Ids that have an embedding.
    """
    available = set(ids)
    sizes: dict[str, int] = {}
    for column in sorted({name for file in files for name in file.extra}):
        selected: set[str] = set()
        for file in files:
            mask = flags(file.extra[column]) if column in file.extra else None
            if mask is None:
                break
            selected.update(file.keep(mask).ids)
        else:
            if selected and selected <= available:
                sizes[column] = len(selected)
    return max(sizes, key=sizes.__getitem__, default=None)
