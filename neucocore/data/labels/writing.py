"""Writing label files: reading them returns the same labels, and equal labels give equal bytes."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from neucocore.components.specs import Problem
from neucocore.data.labels.label_file import LABEL, OUTPUT_PREFIX
from neucocore.data.labels.label_sd import LABEL_SD, SD_PREFIX
from neucocore.data.labels.labels import Labels
from neucocore.files.atomic import write_text


def label_file_name(stem: str, problem: Problem) -> str:
    """Return ``<stem>__regr.csv`` or ``<stem>__cls.csv``, which NeuCo-Bench also reads."""
    return f"{stem}__{'regr' if problem == 'regression' else 'cls'}.csv"


def write_label_file(
    path: str | Path, labels: Labels, extra: Mapping[str, Sequence[str]] | None = None
) -> None:
    """Write labels as a CSV file in one step.

    Parameters
    ----------
    path
        The file, named as by `label_file_name`.
    labels
        Class codes are written as class names; a missing output or standard deviation is an empty
        cell.
    extra
        Further columns as text: column name to one cell per sample.
    """
    names = [f"{OUTPUT_PREFIX}{name}" for name in labels.outputs] or [LABEL]
    columns = labels.y.reshape(len(labels.ids), len(names)).T
    cells = [[_text(value, labels.classes) for value in column.tolist()] for column in columns]
    more: dict[str, Sequence[str]] = {}
    if labels.label_sd is not None:
        sd_names = [f"{SD_PREFIX}{name}" for name in labels.outputs] or [LABEL_SD]
        sd_columns = labels.label_sd.reshape(len(labels.ids), len(names)).T
        for name, column in zip(sd_names, sd_columns, strict=True):
            if not np.isnan(column).all():
                more[name] = [_text(value, ()) for value in column.tolist()]
    more |= extra or {}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["id", *names, *more])
    writer.writerows(zip(labels.ids, *cells, *more.values(), strict=True))
    write_text(path, text.getvalue())


def _text(value: float, classes: Sequence[str]) -> str:
    if classes:
        return classes[int(value)]
    return "" if np.isnan(value) else repr(float(value))
