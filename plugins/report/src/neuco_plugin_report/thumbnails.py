"""Small images of cubes, for the rows with the largest errors.

A cube shows where it was taken to anybody who knows the place, so cubes are shown for tasks of the
data set itself only, not for labels of one's own at points, unless exact locations were asked for.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import neucocore
from neuco_plugin_report.tasks import task_component
from neucocore import NeucoError

HEIGHT = 72
"""Pixels of a season."""
GAP = 2
QUALITY = 80
MAX_BYTES = 1_200_000
"""Of all images of a page; later ones are left out."""


@dataclass(frozen=True)
class Thumbnail:
    """A cube as an image, or why there is none."""

    address: str = ""
    width: int = 0
    alt: str = ""
    reason: str = ""


class Thumbnails:
    """The cubes of one data set as small images, each drawn once.

    Parameters
    ----------
    folder
        Folder of the cubes, or None: there are no images.
    exact
        Whether locations may be shown.
    """

    def __init__(self, folder: Path | None, *, exact: bool) -> None:
        self.folder, self.exact = folder, exact
        self._drawn: dict[tuple[str, str], Thumbnail] = {}
        self._datasets: dict[str, Any] = {}
        self._bytes = 0

    def allowed(self, run: Mapping[str, Any], task: Mapping[str, Any]) -> str:
        """Return why no cube may be shown for a task of a run; empty if cubes may be shown."""
        embeddings = run.get("embeddings") or {}
        dataset = _dataset_name(run)
        if self.folder is None:
            return "pass --data DIR to see the cubes"
        if not dataset:
            return "the run does not record the data set of its cubes"
        if self.exact:
            return ""
        if embeddings.get("product"):
            return "cubes at points are not shown without --exact-locations"
        component = task_component(str(task["task"]), task)
        own = any(
            file.get("column") is not None and file.get("stem") == task.get("stem")
            for file in (run.get("labels") or {}).get("files", ())
        )  # a column of a table, which may have the name of a task
        spec: Any = None if component is None or own else component.spec
        known = () if spec is None else (spec.dataset, *spec.other_datasets)
        if dataset.rpartition("/")[2] not in known:
            return "cubes of your own labels are not shown without --exact-locations"
        return ""

    def of(self, run: Mapping[str, Any], sample: str) -> Thumbnail:
        """Return the image of a cube of a run's data set."""
        key = (_dataset_name(run), sample)
        if key not in self._drawn:
            self._drawn[key] = self._draw(run, *key)
        return self._drawn[key]

    def _draw(self, run: Mapping[str, Any], name: str, sample: str) -> Thumbnail:
        if self._bytes > MAX_BYTES:
            return Thumbnail(reason="the page has enough images")
        try:
            dataset, ids = self._dataset(run, name)
            if sample not in ids:
                return Thumbnail(reason="its cube is not in the folder")
            (cube,) = dataset.read([sample])
            images = neucocore.composites(cube)
        except (NeucoError, OSError) as error:
            return Thumbnail(reason=f"its cube cannot be read: {_message(error)}")
        if not images:
            return Thumbnail(reason="its cube has no bands that can be drawn")
        kind, seasons = next(iter(images.items()))
        content, width = _jpeg(seasons)
        self._bytes += len(content)
        address = f"data:image/jpeg;base64,{base64.b64encode(content).decode()}"
        named = cube.season_names if len(cube.season_names) == len(seasons) else ()
        return Thumbnail(address, width, f"{kind} in {', '.join(named) or len(seasons)}")

    def _dataset(self, run: Mapping[str, Any], name: str) -> tuple[Any, set[str]]:
        if name not in self._datasets:
            metadata = (run.get("embeddings") or {}).get("metadata") or {}
            values = metadata.get("dataset_params") or {}
            dataset = neucocore.create(neucocore.find("dataset", name), self.folder, **values)
            self._datasets[name] = dataset, set(dataset.ids())
        found: tuple[Any, set[str]] = self._datasets[name]
        return found


def _dataset_name(run: Mapping[str, Any]) -> str:
    metadata = (run.get("embeddings") or {}).get("metadata") or {}
    return str((metadata.get("dataset") or {}).get("component") or "")


def _message(error: Exception) -> str:
    return error.message if isinstance(error, NeucoError) else str(error)


def _jpeg(seasons: Any) -> tuple[bytes, int]:
    """Return the seasons next to each other as the bytes of an image, and its width."""
    from PIL import Image

    parts = []
    for season in seasons:
        pixels = Image.fromarray((np.asarray(season) * 255).astype(np.uint8))
        width = max(1, round(HEIGHT * pixels.width / pixels.height))
        small = pixels.height > HEIGHT
        way = Image.Resampling.LANCZOS if small else Image.Resampling.NEAREST
        parts.append(pixels.resize((width, HEIGHT), way))
    strip = Image.new("RGB", (sum(p.width + GAP for p in parts) - GAP, HEIGHT), (128, 128, 128))
    left = 0
    for part in parts:
        strip.paste(part, (left, 0))
        left += part.width + GAP
    stream = io.BytesIO()
    strip.save(stream, "JPEG", quality=QUALITY)
    return stream.getvalue(), strip.width
