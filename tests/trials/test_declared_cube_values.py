"""Fault 77 in commands that read cubes: what files declare is applied and shown, or refused."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neucocore.components.discovery import forget
from neucocore.data.cubes.writing import write_modality
from neucocore.data.embeddings.formats import load_embeddings
from neucocore.data.embeddings.sidecar import read_sidecar
from neucocore.data.labels.label_file import read_label_file

CODE = -9999
NOTICED = "values equal to the declared no-data value -9999 set to 0"
ENCODER = '''
from neucocore.plugin import EncoderSpec, hookimpl
NEUCO_API = 1

class Means:
    """The mean of each band."""
    def encode(self, cubes):
        import numpy as np
        rows = [np.concatenate([a.mean(axis=(0, 2, 3)) for a in c.arrays.values()]) for c in cubes]
        return np.stack(rows).astype(np.float32)

@hookimpl
def neuco_encoders():
    return [EncoderSpec(name="means", summary="means of bands", factory=Means)]
'''


def write(
    root: Path, modality: str, bands: tuple[str, ...], attributes: dict[str, Any], code: float
) -> None:
    """Write six cubes with attributes; the last one has eight pixels of a code."""
    rng = np.random.default_rng(0)
    for number in range(6):
        array = rng.integers(500, 3000, (1, len(bands), 4, 4)).astype("<i2")
        if number == 5:
            array[:, :, :2] = code
        path = root / "data" / modality / f"c{number}.zarr.zip"
        write_modality(path, array, bands)
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        members["bands/.zattrs"] = json.dumps(attributes).encode()
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)


@pytest.fixture
def encode(tmp_path, monkeypatch, neuco):
    """Encode the cubes of a folder with the means of their bands, at the file's own scale."""
    monkeypatch.setenv("NEUCO_PLUGIN_PATH", str(tmp_path / "means.py"))
    (tmp_path / "means.py").write_text(ENCODER)
    forget()

    def run(*options):
        dataset = ("--dataset", "folder", "--data", tmp_path)
        return neuco("encode", "means", *dataset, "-o", tmp_path / "e.npz", "--force", *options)

    yield run
    forget()


def test_declared_no_data_of_digital_numbers_is_zero_and_recorded_everywhere(
    tmp_path, neuco, encode
):
    write(tmp_path, "s2l2a", ("B02", "B03"), {"_FillValue": CODE}, CODE)

    ended = encode()

    assert ended.code == 0
    assert f"{NOTICED}, no data (1 of 6 cubes)" in ended.err
    assert load_embeddings(tmp_path / "e.npz").matrix.min() > 0
    (row,) = read_sidecar(tmp_path / "e.npz")["warnings"]
    assert NOTICED in row["what"]
    for words in (
        ("validate", tmp_path),
        ("validate", tmp_path, "--dataset", "folder"),
        ("inspect", tmp_path / "data/s2l2a/c5.zarr.zip"),
        ("tasks", "derive", "nodata", "--data", tmp_path, "-o", tmp_path / "labels"),
    ):
        ended = neuco(*words)
        assert ended.code == 0, ended.err
        assert NOTICED in ended.out + ended.err, words
    assert read_label_file(tmp_path / "labels/nodata__regr.csv").y.tolist() == [0] * 5 + [0.5]


def test_declared_no_data_of_radar_is_refused_until_the_user_chooses(tmp_path, neuco, encode):
    write(tmp_path, "s1", ("vv", "vh"), {"missing_value": CODE}, CODE)

    ended = encode()

    assert ended.code == 4
    assert "values equal to the declared no-data value -9999; with" in ended.err
    assert neuco("validate", tmp_path).code == 4
    # Both ways of the hint lead on.
    assert encode("--skip-bad").code == 0
    assert len(load_embeddings(tmp_path / "e.npz").ids) == 5
    assert encode("--set", "dataset.nodata=0").code == 0
    assert load_embeddings(tmp_path / "e.npz").matrix.min() > 0


def test_declared_scale_and_offset_are_applied_before_encoding(tmp_path, encode):
    write(tmp_path, "s1", ("vv", "vh"), {}, 1000)
    assert encode().code == 0
    stored = load_embeddings(tmp_path / "e.npz").matrix
    write(tmp_path, "s1", ("vv", "vh"), {"scale_factor": 0.01, "add_offset": -25}, 1000)

    ended = encode()

    assert "values times 0.01 plus -25, as the file declares (6 of 6 cubes)" in ended.err
    scaled = load_embeddings(tmp_path / "e.npz").matrix
    np.testing.assert_allclose(scaled, stored * 0.01 - 25, rtol=1e-5)


def test_the_declared_offset_of_reflectance_must_be_that_of_the_data_set(tmp_path, encode):
    attributes = {"scale_factor": 0.0001, "add_offset": -0.1}
    write(tmp_path, "s2l2a", ("B02", "B03"), attributes, 1000)

    ended = encode()

    assert ended.code == 4
    hint = "--set dataset.stored_offset=1000"
    assert hint in ended.err
    assert encode(*hint.split()).code == 0
