from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from neuco_plugin_ssl4eo_s12.statistics import DOWNSTREAM_STATISTICS
from neuco_plugin_torch.compressor.averaged_images import image_of
from neuco_plugin_torch.compressor.encoder import NeuralCompressor
from neuco_plugin_torch.compressor.network import error_of
from neuco_plugin_torch.device import reproducible
from neucocore import encode, load_embeddings
from neucocore.plugin import (
    ComponentOutputError,
    ConfigError,
    Cube,
    DataError,
    ShapeError,
    make_cubes,
    stacked,
    write_cube_folder,
)

TINY: dict[str, Any] = {"side": 16, "dimension": 8, "epochs": 4, "rate_weight": 0.0}


@pytest.fixture(scope="module")
def many() -> list[Cube]:
    """Return cubes of different brightness, which a few numbers can describe."""
    made = []
    for number, cube in enumerate(make_cubes(24, seasons=2, size=16, seed=3)):
        gain = 0.5 + number / 12
        arrays = {
            name: array if name == "s1" else (array * gain).astype(np.int16)
            for name, array in cube.arrays.items()
        }
        made.append(replace(cube, arrays=arrays))
    return made


@pytest.fixture
def trained(source_of: Any, cubes: list[Cube]) -> NeuralCompressor:
    compressor = NeuralCompressor(**TINY)
    compressor.prepare(source_of(cubes))
    return compressor


def test_an_image_has_the_asinh_of_the_means_of_standardised_cells(cubes: list[Cube]) -> None:
    image = image_of(cubes[0], 4)
    channels = stacked(cubes[0], DOWNSTREAM_STATISTICS)
    assert image.shape == (2 * 27, 4, 4)
    expected = np.arcsinh(channels[1, 5, 4:8, 8:12].mean())
    assert image[27 + 5, 1, 2] == pytest.approx(expected, rel=1e-4)


def test_rows_are_integers_and_are_decoded_exactly_from_their_code(
    trained: NeuralCompressor, cubes: list[Cube]
) -> None:
    rows = trained.encode(cubes)
    assert rows.shape == (5, 8)
    assert rows.dtype == np.float32
    np.testing.assert_array_equal(rows, np.rint(rows))
    codes = trained.to_codes(rows)
    np.testing.assert_array_equal(trained.decode(codes), rows)
    with pytest.raises(DataError, match="are not the code"):
        trained.decode([codes[0] + b"\x00"])


def test_the_trained_compressor_is_better_than_the_mean_image(
    many: list[Cube], source_of: Any
) -> None:
    compressor = NeuralCompressor(**{**TINY, "epochs": 40})
    compressor.prepare(source_of(many))
    images = np.stack([image_of(cube, 16) for cube in many])
    rows = compressor.encode(many)
    assert len(np.unique(rows, axis=0)) > 12
    error = ((compressor.reconstruct(rows) - images) ** 2).mean()
    best_constant = ((images.mean(axis=0) - images) ** 2).mean()
    assert error < 0.7 * best_constant


def test_errors_over_large_areas_count_at_every_scale() -> None:
    grain = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).tile(1, 1, 4, 4)
    assert error_of(grain) == 1  # it averages out at the next scale
    assert error_of(torch.ones(1, 1, 8, 8)) == 4  # at 8, 4, 2 and 1 cells along x


def test_a_larger_weight_of_the_rate_gives_fewer_bytes(many: list[Cube], source_of: Any) -> None:
    lengths = []
    for weight in (0.0, 30.0):
        compressor = NeuralCompressor(
            **{**TINY, "dimension": 64, "epochs": 40, "rate_weight": weight}
        )
        compressor.prepare(source_of(many))
        lengths.append(sum(map(len, compressor.to_codes(compressor.encode(many)))))
    state = 4 * len(many)  # part of every code
    assert lengths[1] - state < 0.85 * (lengths[0] - state)


def test_the_length_of_the_codes_agrees_with_the_prior(many: list[Cube], source_of: Any) -> None:
    compressor = NeuralCompressor(**{**TINY, "dimension": 256, "epochs": 10})
    compressor.prepare(source_of(many))
    rows = compressor.encode(many)
    network = compressor._ready()
    with torch.inference_mode():
        bits = network.prior.bits(torch.from_numpy(rows).reshape(len(rows), -1, 1, 1)).sum()
    coded = sum(map(len, compressor.to_codes(rows)))
    assert coded == pytest.approx(float(bits) / 8 + 4 * len(rows), rel=0.03)


@pytest.mark.parametrize("quantisation", ["straight-through", "noise"])
def test_the_same_seed_gives_the_same_bytes(
    cubes: list[Cube], source_of: Any, quantisation: str
) -> None:
    states = []
    for seed in (1, 1, 2):
        compressor = NeuralCompressor(**TINY, seed=seed, quantisation=quantisation)
        compressor.prepare(source_of(cubes))
        states.append({name: array.tobytes() for name, array in compressor.state().items()})
    assert states[0] == states[1]
    assert states[0] != states[2]


@pytest.mark.parametrize(
    ("quantisation", "rounded"), [("straight-through", True), ("noise", False)]
)
def test_the_decoder_gets_rounded_or_noisy_latents_and_the_gradient_passes(
    quantisation: str, rounded: bool
) -> None:
    inputs: list[torch.Tensor] = []
    with reproducible(1):
        network = NeuralCompressor(**TINY)._new_network(54)
        network.synthesis.register_forward_pre_hook(lambda _, args: inputs.append(args[0]))
        network.losses(torch.randn(2, 54, 16, 16), quantisation)[0].backward()
    assert torch.allclose(inputs[0], inputs[0].round(), atol=1e-5) == rounded
    assert network.analysis[0].weight.grad.abs().sum() > 0


def test_a_compressor_restored_from_its_state_gives_the_same_rows(
    trained: NeuralCompressor, cubes: list[Cube]
) -> None:
    other = NeuralCompressor(**TINY)
    other.restore({name: np.array(array) for name, array in trained.state().items()})
    rows = trained.encode(cubes)
    assert other.encode(cubes).tobytes() == rows.tobytes()
    assert other.to_codes(rows) == trained.to_codes(rows)
    with pytest.raises(ShapeError, match="different parameters"):
        NeuralCompressor(**{**TINY, "dimension": 16}).restore(trained.state())


def test_latents_outside_the_range_of_the_coder_are_clipped(
    trained: NeuralCompressor, cubes: list[Cube]
) -> None:
    extreme = {name: np.full_like(array, 30000) for name, array in cubes[0].arrays.items()}
    rows = trained.encode([replace(cubes[0], arrays=extreme)])
    np.testing.assert_array_equal(trained.decode(trained.to_codes(rows)), rows)


def test_a_different_number_of_seasons_is_an_error(trained: NeuralCompressor) -> None:
    cube = make_cubes(1, seasons=3, size=16)[0]
    with pytest.raises(ShapeError, match="has 3 seasons, but the compressor was trained on 2"):
        trained.encode([cube])


def test_training_cubes_with_different_numbers_of_seasons_are_an_error(
    cubes: list[Cube], source_of: Any
) -> None:
    with pytest.raises(ShapeError, match="has 3 seasons, but other cubes have 2"):
        NeuralCompressor(**TINY).prepare(
            source_of([cubes[0], *make_cubes(1, seasons=3, size=16, seed=9)])
        )


def test_training_without_cubes_is_an_error(source_of: Any) -> None:
    with pytest.raises(DataError, match="at least one cube to train on"):
        NeuralCompressor(**TINY).prepare(source_of([]))


def test_encoding_before_preparing_is_an_error(cubes: list[Cube]) -> None:
    with pytest.raises(ConfigError, match="is not prepared"):
        NeuralCompressor(**TINY).encode(cubes)


def test_fault_53_a_diverging_training_is_an_error(cubes: list[Cube], source_of: Any) -> None:
    with pytest.raises(ComponentOutputError, match="diverged"):
        NeuralCompressor(**{**TINY, "epochs": 50, "learning_rate": 1e30}).prepare(source_of(cubes))


def test_all_invalid_parameters_are_reported_together() -> None:
    with pytest.raises(ConfigError) as caught:
        NeuralCompressor(side=20, rate_weight=-1.0, epochs=0, batch=0, learning_rate=0.0)
    assert len(caught.value.problems) == 5
    with pytest.raises(ConfigError, match="invalid parameters") as caught:
        NeuralCompressor(side=64, dimension=15)
    assert "less than the 16 needed" in caught.value.problems[0]


def test_a_run_records_the_coded_bytes_for_any_number_of_jobs(
    cubes: list[Cube], tmp_path: Path
) -> None:
    data = write_cube_folder(tmp_path / "data", cubes)
    settings = dict(TINY)
    written = []
    for jobs in (1, 2):
        out = tmp_path / f"e{jobs}.npz"
        encode(
            "neural-compressor",
            dataset="ssl4eo-s12-downstream",
            data=data,
            output=out,
            params=settings,
            jobs=jobs,
        )
        written.append(out.read_bytes())
    assert written[0] == written[1]
    coded = load_embeddings(out).metadata["coded_bytes"]
    assert 5 * 5 <= coded["total"] <= 5 * coded["most"]
    assert coded["mean"] == pytest.approx(coded["total"] / 5)
