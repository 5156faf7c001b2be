"""The finished tiles of a run, so that a run that was killed goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from neuco_plugin_products.sampling import Sample

KEY = "key.json"


class WorkFolder:
    """The folder ``FILE.work`` next to the output.

    Parameters
    ----------
    output
        The embeddings file.
    key
        What determines the samples, as plain JSON values. Finished tiles of another key are
        removed.
    """

    def __init__(self, output: Path, key: Mapping[str, Any]) -> None:
        self.folder = output.with_name(output.name + ".work")
        self._key = json.dumps(key, sort_keys=True)
        file = self.folder / KEY
        if file.is_file() and file.read_text(encoding="utf-8") == self._key:
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        file.write_text(self._key, encoding="utf-8")

    def finished(self, tile: str) -> list[Sample] | None:
        """Return the samples of a tile, if it is finished."""
        try:
            with (
                self._path(tile).open("rb") as file,
                np.load(file, allow_pickle=False) as stored,
            ):
                return _unpacked({name: stored[name] for name in stored.files})
        except (OSError, ValueError, KeyError, zipfile.BadZipFile, EOFError):
            return None

    def keep(self, tile: str, samples: Sequence[Sample]) -> None:
        """Store the samples of a tile in one step."""
        path = self._path(tile)
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            np.savez(file, **_packed(samples))  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)

    def remove(self) -> None:
        """Remove the folder, once the output is written."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, tile: str) -> Path:
        return self.folder / f"{hashlib.sha256(tile.encode()).hexdigest()[:32]}.npz"


def _packed(samples: Sequence[Sample]) -> dict[str, np.ndarray[Any, Any]]:
    widths = [sample.values.shape[1] for sample in samples if len(sample.values)]
    width = widths[0] if widths else 0
    values = [sample.values for sample in samples if len(sample.values)]
    return {
        "target": np.array([sample.target for sample in samples], dtype=np.int64),
        "rows": np.array([len(sample.values) for sample in samples], dtype=np.int64),
        "n_pixels": np.array([sample.n_pixels for sample in samples], dtype=np.int64),
        "n_covered": np.array([sample.n_covered for sample in samples], dtype=np.int64),
        "values": np.concatenate(values) if values else np.zeros((0, width), np.float32),
        "places": np.array(
            [place for sample in samples for place in sample.places], dtype=np.int64
        ).reshape(-1, 2),
        "n_places": np.array([len(sample.places) for sample in samples], dtype=np.int64),
        "reasons": np.array(json.dumps([dict(sample.reasons) for sample in samples])),
    }


def _unpacked(stored: Mapping[str, np.ndarray[Any, Any]]) -> list[Sample]:
    reasons = json.loads(str(stored["reasons"]))
    values = np.split(stored["values"], np.cumsum(stored["rows"])[:-1])
    places = np.split(stored["places"], np.cumsum(stored["n_places"])[:-1])
    return [
        Sample(
            int(stored["target"][k]),
            values[k],
            [(int(row), int(column)) for row, column in places[k]],
            int(stored["n_pixels"][k]),
            int(stored["n_covered"][k]),
            Counter(reasons[k]),
        )
        for k in range(len(stored["target"]))
    ]
