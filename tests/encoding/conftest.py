from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from neucocore.components import discovery
from neucocore.data.cubes.writing import write_modality

TOY = Path(__file__).with_name("toy_plugin.py")


@pytest.fixture(autouse=True)
def toy_plugin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(discovery.PATH_VARIABLE, str(TOY))
    discovery.forget()
    yield
    discovery.forget()


@pytest.fixture
def cubes(tmp_path: Path) -> Path:
    """A folder of twelve small cubes, ids cube-00 to cube-11."""
    folder = tmp_path / "cubes"
    rng = np.random.default_rng(3)
    for number in range(12):
        array = rng.normal(-12, 4, (2, 2, 8, 8)).astype(np.float32)
        write_modality(folder / f"cube-{number:02d}.zarr.zip", array, ("vv", "vh"))
    return folder
