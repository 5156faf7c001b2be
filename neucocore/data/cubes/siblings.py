"""From one file of a cube to the complete cube: the other modalities and the labels around it."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from neucocore.data.cubes.assembly import read_cube
from neucocore.data.cubes.bands import BANDS
from neucocore.data.cubes.cube import Cube
from neucocore.data.cubes.facts import CubeFacts, read_facts
from neucocore.data.cubes.file import CubeFile
from neucocore.data.cubes.layouts import LABELS, SEASONS, cube_id, modality_folder
from neucocore.data.labels.label_folder import read_label_folder
from neucocore.errors import DataError


def cube_of_file(file: Path) -> Cube:
    """Read the cube that a file belongs to, with its other modalities.

    Parameters
    ----------
    file
        ``.../<modality>/<id>.zarr.zip``, with or without a folder ``part-*`` in between. If its
        folder is not one of the known modalities, the cube has this modality only.

    Raises
    ------
    CorruptCubeError, MissingFileError
        As `read_cube`.
    """
    with ExitStack() as stack:
        files = {
            modality: stack.enter_context(CubeFile(path))
            for modality, path in _files_of_cube(file).items()
        }
        return read_cube(cube_id(file), files, season_names=SEASONS)


def facts_of_file(file: Path) -> CubeFacts:
    """Return dates, place and pixel size of the cube that a file belongs to.

    What one modality does not record is taken from the others.
    """
    home = modality_folder(file.resolve().parent).parent.parent
    facts = CubeFacts()
    for modality, path in _files_of_cube(file).items():
        with CubeFile(path) as opened:
            found = read_facts(modality, opened, cube_id(file), home)
        facts = CubeFacts(
            facts.dates or found.dates, facts.place or found.place, facts.pixel or found.pixel
        )
    return facts


def labels_of_file(file: Path) -> dict[str, str]:
    """Return the labels of a cube as text by task, from the ``labels`` folder next to its data."""
    folder = modality_folder(file.resolve().parent).parent.parent / LABELS
    labels: dict[str, str] = {}
    if not folder.is_dir():
        return labels
    try:
        label_files = read_label_folder(folder)
    except DataError:
        return labels  # the image of a cube does not depend on its labels
    for label_file in label_files:
        if cube_id(file) in label_file.ids:
            value = label_file.y[label_file.ids.index(cube_id(file))]
            labels[label_file.stem] = _text(value, label_file.classes)
    return labels


def _text(value: object, classes: tuple[str, ...]) -> str:
    if classes:
        return classes[int(value)]  # type: ignore[call-overload]
    numbers = value.tolist() if hasattr(value, "tolist") else value
    return ", ".join(
        f"{number:.4g}" for number in (numbers if isinstance(numbers, list) else [numbers])
    )


def _files_of_cube(file: Path) -> dict[str, Path]:
    """Return the file of each known modality; only `file` itself if its modality is not known."""
    folder = modality_folder(file.parent)
    path_in_modality = file.relative_to(folder)
    files = {
        modality: folder.parent / modality / path_in_modality
        for modality in BANDS
        if (folder.parent / modality / path_in_modality).exists()
    }
    return files if file in files.values() else {folder.name or "cube": file}
