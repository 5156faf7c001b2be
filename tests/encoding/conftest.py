from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neucocore.components import discovery
from neucocore.data.cubes.writing import write_modality
from neucocore.encoding.options import EncodeOptions
from neucocore.encoding.plan import plan
from neucocore.encoding.report import EncodeReport
from neucocore.encoding.request import EncodeRequest
from neucocore.encoding.run import encode

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


@pytest.fixture
def planned(cubes: Path, tmp_path: Path) -> Callable[..., EncodeRequest]:
    """Return a function that plans to encode the cubes into ``tmp_path / output``."""

    def make(output: str = "e.npz", encoder: str = "toy-sums", **options: Any) -> EncodeRequest:
        defaults: dict[str, Any] = {"dataset": "toy-cubes", "data": cubes}
        return plan(EncodeOptions(encoder=encoder, output=tmp_path / output, **defaults | options))

    return make


@pytest.fixture
def run(planned: Callable[..., EncodeRequest]) -> Callable[..., EncodeReport]:
    """Return a function that encodes the cubes into ``tmp_path / output``."""

    def encode_now(
        output: str = "e.npz", encoder: str = "toy-sums", **options: Any
    ) -> EncodeReport:
        return encode(planned(output, encoder, **options))

    return encode_now
