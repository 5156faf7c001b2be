"""What an encoder may say of itself beyond its vectors."""

from __future__ import annotations

from pathlib import Path

import pytest

from neucocore.data.embeddings.embeddings import load_embeddings
from neucocore.data.embeddings.sidecar import read_sidecar
from neucocore.encoding.plan import plan
from neucocore.encoding.report import EncodeReport
from neucocore.encoding.run import encode


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    file = tmp_path / "weights.txt"
    file.write_text("trained well")
    return file


def run(cubes: Path, weights: Path, device: str = "cpu", **how: object) -> EncodeReport:
    settings = {"weights": str(weights), "device": device}
    out = weights.with_name("coded.npz")
    request = plan("toy-coded", dataset="toy-cubes", data=cubes, out=out, encoder_settings=settings)
    return encode(request, **how)  # type: ignore[arg-type]


def test_the_lengths_of_the_encoders_own_codes_are_recorded(cubes: Path, weights: Path) -> None:
    path = run(cubes, weights).path
    coded = load_embeddings(path).metadata["coded_bytes"]
    assert coded == {"mean": 6.5, "most": 12, "total": 78}


def test_a_merge_knows_the_prepared_state_too(cubes: Path, weights: Path) -> None:
    path = run(cubes, weights).path
    whole = path.read_bytes()
    path.unlink()
    for part in (1, 2):
        run(cubes, weights, shard=(part, 2))
    assert not run(cubes, weights, merge=True).up_to_date
    assert path.read_bytes() == whole


def test_fault_56_where_weights_lie_and_the_device_change_no_key(
    cubes: Path, weights: Path
) -> None:
    run(cubes, weights)
    elsewhere = weights.rename(weights.with_name("moved.txt"))
    assert run(cubes, elsewhere, device="gpu").up_to_date


def test_fault_56_other_weights_under_the_same_name_change_the_key(
    cubes: Path, weights: Path
) -> None:
    run(cubes, weights)
    weights.write_text("trained better")
    assert not run(cubes, weights).up_to_date


def test_device_energy_and_time_are_beside_the_file(cubes: Path, weights: Path) -> None:
    sidecar = read_sidecar(run(cubes, weights).path)
    assert sidecar is not None
    costs = sidecar["costs"]
    assert costs["device"] == "a toy GPU"
    assert costs["energy_joules_accelerator"] > 0
    assert costs["seconds_preparing"] > 0
