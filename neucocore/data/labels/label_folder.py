"""Folders of label files."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from neucocore.data.labels.label_file import LabelFile, read_label_file
from neucocore.data.labels.label_set import LabelSet, UnusableLabels
from neucocore.data.labels.values import KNOWN_TYPES
from neucocore.errors import DataError, MissingFileError
from neucocore.files.content_type import no_folder
from neucocore.messages import missing_file_hint


def read_label_folder(path: str | Path) -> list[LabelFile]:
    """Read all label files of a folder, sorted by stem.

    Raises
    ------
    DataError
        With the problems of all files; also if two files have the same stem (``x__reg.csv`` and
        ``x__regr.csv``) or there is no CSV file.
    """
    labels = scan_label_folder(path)
    labels.require_usable()
    return list(labels.files)


def scan_label_folder(path: str | Path) -> LabelSet:
    """Read the label files of a folder; those that cannot be used are returned with their errors.

    Raises
    ------
    DataError
        There is no such folder, or no CSV file in it.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise MissingFileError(no_folder(folder), hint=missing_file_hint(folder))
    files = sorted(
        file
        for file in folder.iterdir()
        if file.suffix.lower() == ".csv" and not file.name.startswith(".")
    )
    if not files:
        raise DataError(
            f"{folder} holds no label file",
            hint=f"label files are named <name>__<type>.csv; types: {', '.join(KNOWN_TYPES)}",
        )
    label_files: list[LabelFile] = []
    unusable: list[UnusableLabels] = []
    for file in files:
        try:
            label_files.append(read_label_file(file))
        except DataError as error:
            unusable.append(UnusableLabels(file, _stem(file), error))
    usable, repeated = _without_repeated_stems(label_files)
    return LabelSet(folder, tuple(usable), (*unusable, *repeated))


def _stem(file: Path) -> str:
    """Return the name of a file's task, or the file's own name if it is not a label file."""
    stem, _, file_type = file.stem.rpartition("__")
    return stem if stem and file_type.lower() in KNOWN_TYPES else file.stem


def _without_repeated_stems(
    files: list[LabelFile],
) -> tuple[list[LabelFile], list[UnusableLabels]]:
    counts = Counter(file.stem for file in files)
    unusable = []
    for stem in sorted(stem for stem, count in counts.items() if count > 1):
        names = [file.path.name for file in files if file.stem == stem]
        error = DataError(
            f"{len(names)} files hold the labels of {stem!r}: {', '.join(names)}",
            hint="keep one of them",
        )
        unusable.append(UnusableLabels(files[0].path.parent / names[0], stem, error))
    usable = [file for file in files if counts[file.stem] == 1]
    return sorted(usable, key=lambda file: file.stem), unusable
