"""Embeddings follow the content of any kind of files, and the code next to a plugin's file."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neucocore
from neucocore.components import discovery
from neucocore.errors import ConfigError

ARRAYS = """
import numpy as np
from pathlib import Path
from neucocore.plugin import Cube, DatasetSpec, hookimpl

NEUCO_API = 1


@hookimpl
def neuco_datasets():
    return [DatasetSpec(name="arrays", summary="s", factory=Arrays, license="MIT", citation="-")]


class Arrays:
    def __init__(self, path):
        self.path = Path(path)

    def ids(self):
        return sorted(file.stem for file in self.path.glob("*.npy"))

    def read(self, ids):
        for sample in ids:
            array = np.load(self.path / f"{sample}.npy")
            yield Cube(sample, {"image": array}, {"image": ("red", "nir")})

    def label_files(self):
        return []
"""
FILES = {
    "its file": "return {'image': self.path / f'{id}.npy'}",
    "its file as text": "return {'image': str(self.path / f'{id}.npy')}",
    "its folder": "return {'image': self.path}",
    "a file that does not exist": "return {'image': self.path / f'{id}.npz'}",
    "one that exists and one that does not": (
        "return {'a': self.path / 'a.npy', 'b': self.path / 'nothing'}"
    ),
    "nothing": "return {}",
    "no mapping": "return [self.path / f'{id}.npy']",
    "None": "return None",
    "an error": "raise RuntimeError('not today')",
}
"""What ``files(id)`` does, in words, and its code."""


@pytest.fixture(autouse=True)
def forget_plugins(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(discovery.PATH_VARIABLE, "")
    yield
    for name in ("helper", "helper.values", "between"):
        sys.modules.pop(name, None)


def encode(folder: Path, encoder: str = "band-means", **options: Any) -> bool:
    """Encode, and return whether the embeddings were up to date."""
    where: Any = {"dataset": "arrays", "data": folder / "data", "output": folder / "e.csv"}
    return neucocore.encode(encoder, **where, **options).up_to_date


def rows(folder: Path) -> list[str]:
    return (folder / "e.csv").read_text().splitlines()[1:]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    rng = np.random.default_rng(0)
    for sample in ("a", "b"):
        np.save(tmp_path / "data" / f"{sample}.npy", rng.normal(size=(1, 2, 4, 4)))
    return tmp_path


@pytest.mark.parametrize("files", [*FILES, "no such method"])
def test_a_changed_array_is_encoded_again(folder: Path, files: str) -> None:
    method = f"\n    def files(self, id):\n        {FILES[files]}\n" if files in FILES else ""
    (folder / "arrays.py").write_text(ARRAYS + method)
    neucocore.load_plugin(folder / "arrays.py")
    assert not encode(folder)
    before = rows(folder)
    assert encode(folder)

    changed = np.load(folder / "data/b.npy")
    changed[0, 1, 2, 3] += 1
    np.save(folder / "data/b.npy", changed)

    with pytest.raises(ConfigError, match="force"):
        encode(folder)
    assert not encode(folder, force=True)
    after = rows(folder)
    assert after[0] == before[0]
    assert after[1] != before[1]


ENCODER = """
import numpy as np
from neucocore.plugin import EncoderSpec, hookimpl
{imports}

NEUCO_API = 1


@hookimpl
def neuco_encoders():
    return [EncoderSpec(name="mine", summary="s", factory=Mine, license="MIT", citation="-")]


class Mine:
    def encode(self, cubes):
        {inside}
        return np.full((len(cubes), 2), {value}, dtype=np.float32)
"""
HELPERS = {
    "a module": ("import helper", "pass", "helper.VALUE", "helper.py"),
    "a name of a module": ("from helper import VALUE", "pass", "VALUE", "helper.py"),
    "a package": ("import helper.values", "pass", "helper.values.VALUE", "helper/values.py"),
    "a folder": ("from helper import values", "pass", "values.VALUE", "helper/values.py"),
    "a module of a module": ("import between", "pass", "between.VALUE", "helper.py"),
    "a module that a function imports": ("", "import helper", "helper.VALUE", "helper.py"),
}


@pytest.mark.parametrize("kind", HELPERS)
def test_a_changed_module_next_to_a_plugin_file_is_another_encoder(
    folder: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    imports, inside, value, file = HELPERS[kind]
    (folder / "arrays.py").write_text(ARRAYS)
    text = ENCODER.format(imports=imports, inside=inside, value=value)
    (folder / "lab.py").write_text(text)
    (folder / file).parent.mkdir(exist_ok=True)
    if kind == "a package":
        (folder / "helper/__init__.py").touch()
    if kind == "a module of a module":
        (folder / "between.py").write_text("from helper import VALUE\n")
    monkeypatch.syspath_prepend(folder)
    neucocore.load_plugin(folder / "arrays.py")
    for number in (1, 2):
        (folder / file).write_text(f"VALUE = {number}\n# {'longer' * number}\n")
        neucocore.load_plugin(folder / "lab.py")
        assert not encode(folder, "lab/mine", force=number > 1)
        assert rows(folder)[0] == f"a,{number},{number}"
        assert encode(folder, "lab/mine")
        (folder / file).write_text("VALUE = 3\n")
        neucocore.load_plugin(folder / "lab.py")
        with pytest.raises(ConfigError, match="force"):
            encode(folder, "lab/mine")


def test_the_command_line_notices_changed_arrays_and_modules(folder: Path) -> None:
    text = ENCODER.format(imports="from helper import VALUE", inside="pass", value="VALUE")
    (folder / "plugin.py").write_text(ARRAYS.replace("NEUCO_API = 1", "") + text)
    neuco = str(Path(sys.executable).parent / "neuco")
    options = ("--plugin-path", "plugin.py", "--dataset", "arrays", "--data", "data")
    environment = os.environ | {"PYTHONPATH": str(folder)}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [neuco, "encode", "mine", *options, "-o", "e.csv", *words]
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)

    (folder / "helper.py").write_text("VALUE = 1\n")
    assert run().returncode == 0
    assert "up to date" in run().stderr
    (folder / "helper.py").write_text("VALUE = 2\n")
    changed = run()
    assert (changed.returncode, "up to date" in changed.stderr) == (2, False)
    assert run("--force").returncode == 0
    assert rows(folder) == ["a,2,2", "b,2,2"]
    np.save(folder / "data/b.npy", np.ones((1, 2, 4, 4)))
    assert run().returncode == 2
