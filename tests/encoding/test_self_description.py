"""What an encoder may report about itself: key fields, codes, device and energy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from neucocore.data.embeddings.formats import load_embeddings
from neucocore.data.embeddings.sidecar import read_sidecar
from neucocore.encoding.report import EncodeReport
from neucocore.errors import ConfigError

Encode = Callable[..., EncodeReport]


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    file = tmp_path / "weights.txt"
    file.write_text("trained well")
    return file


@pytest.fixture
def encode_coded(run: Callable[..., EncodeReport]) -> Encode:
    def encode(weights: Path, device: str = "cpu", **options: Any) -> EncodeReport:
        params = {"weights": str(weights), "device": device}
        return run("coded.npz", "toy-coded", params=params, **options)

    return encode


def test_the_lengths_of_the_encoders_own_codes_are_recorded(
    encode_coded: Encode, weights: Path
) -> None:
    coded = load_embeddings(encode_coded(weights).path).metadata["coded_bytes"]
    assert coded == {"mean": 6.5, "most": 12, "total": 78}


def test_a_merge_restores_the_fitted_state_for_the_codes(
    encode_coded: Encode, weights: Path
) -> None:
    path = encode_coded(weights).path
    complete = path.read_bytes()
    path.unlink()
    for part in (1, 2):
        encode_coded(weights, shard=f"{part}/2")
    assert not encode_coded(weights, merge=True).up_to_date
    assert path.read_bytes() == complete


def test_fault_56_the_path_of_the_weights_and_the_device_change_no_key(
    encode_coded: Encode, weights: Path
) -> None:
    encode_coded(weights)
    moved = weights.rename(weights.with_name("moved.txt"))
    assert encode_coded(moved, device="gpu").up_to_date


def test_fault_56_other_weights_under_the_same_name_change_the_key(
    encode_coded: Encode, weights: Path
) -> None:
    encode_coded(weights)
    weights.write_text("trained better")
    with pytest.raises(ConfigError, match="with other options or by another version"):
        encode_coded(weights)


def test_device_energy_and_time_are_in_the_sidecar(encode_coded: Encode, weights: Path) -> None:
    sidecar = read_sidecar(encode_coded(weights).path)
    assert sidecar is not None
    costs = sidecar["costs"]
    assert costs["device"] == "a toy GPU"
    assert costs["energy_joules_accelerator"] > 0
    assert costs["seconds_preparing"] > 0
