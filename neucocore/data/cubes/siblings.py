"""From one file of a cube to the whole cube: its other modalities and its labels beside it."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from neucocore.data.cubes.assembly import read_cube
from neucocore.data.cubes.cube import Cube
from neucocore.data.cubes.file import CubeFile
from neucocore.data.labels.label_file import read_label_folder
from neucocore.errors import DataError

MODALITIES = ("s1", "s2l1c", "s2l2a")
SEASONS = ("spring", "summer", "fall", "winter")
SUFFIX = ".zarr.zip"
LABELS = "labels"


def cube_of_file(file: Path) -> Cube:
    """Read the cube a file belongs to, with the modalities that lie beside it.

    Parameters
    ----------
    file
        ``.../<modality>/part-000000/<id>.zarr.zip``, or the same without the part; any other
        place gives the one modality, named after its folder.

    Raises
    ------
    CorruptCubeError, MissingFileError
        As `read_cube`.
    """
    with ExitStack() as stack:
        files = {name: stack.enter_context(CubeFile(path)) for name, path in _beside(file).items()}
        return read_cube(_id(file), files, season_names=SEASONS)


def labels_of_file(file: Path) -> dict[str, str]:
    """Return the labels of the cube from the ``labels`` folder beside its data, as text by task."""
    folder = _root(file).parent / LABELS
    labels: dict[str, str] = {}
    if not folder.is_dir():
        return labels
    try:
        label_files = read_label_folder(folder)
    except DataError:
        return labels  # a picture of the cube does not depend on its labels
    for label_file in label_files:
        if _id(file) in label_file.ids:
            value = label_file.y[label_file.ids.index(_id(file))]
            labels[label_file.stem] = _text(value, label_file.classes)
    return labels


def _text(value: object, classes: tuple[str, ...]) -> str:
    if classes:
        return classes[int(value)]  # type: ignore[call-overload]
    numbers = value.tolist() if hasattr(value, "tolist") else value
    return ", ".join(
        f"{number:.4g}" for number in (numbers if isinstance(numbers, list) else [numbers])
    )


def _id(file: Path) -> str:
    return file.name.removesuffix(SUFFIX)


def _inside(file: Path) -> Path:
    """Return the folder of the file's modality."""
    return file.parent.parent if file.parent.name.startswith("part-") else file.parent


def _root(file: Path) -> Path:
    return _inside(file.resolve()).parent


def _beside(file: Path) -> dict[str, Path]:
    modality = _inside(file)
    tail = file.relative_to(modality)
    found = {
        name: modality.parent / name / tail
        for name in MODALITIES
        if (modality.parent / name / tail).is_file()
    }
    return found if file in found.values() else {modality.name or "cube": file}
