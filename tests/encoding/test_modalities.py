"""The modalities that an encoder needs are looked for before a cube is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from neucocore.components import discovery
from neucocore.encoding.options import EncodeOptions
from neucocore.encoding.plan import plan
from neucocore.encoding.run import encode
from neucocore.errors import DataError

PLUGIN = '''
import numpy as np
from neucocore.plugin import CorruptCubeError, Cube, DatasetSpec, EncoderSpec, Param, hookimpl

NEUCO_API = 1


class Landsat:
    """Two cubes; the second one has a thermal band too. Reading them counts."""

    def __init__(self, path, modalities=None):
        self.path = path
        if modalities is not None:
            self.modalities = modalities

    def ids(self):
        return ["a", "b"]

    def read(self, ids):
        with open(self.path / "read", "a") as log:
            log.write("read\\n")
        for cube_id in ids:
            arrays = {"oli": np.full((1, 1, 4, 4), 3, np.int16)}
            bands = {"oli": ("red",)}
            if cube_id == "b":
                arrays["tirs"] = arrays["oli"]
                bands["tirs"] = ("b10",)
            yield Cube(cube_id, arrays, bands)

    def label_files(self):
        return []


class Encoder:
    def __init__(self, modalities=None, encoders=()):
        pass

    def encode(self, cubes):
        return np.ones((len(cubes), 1), np.float32)


class Fitted(Encoder):
    def prepare(self, source):
        [cube.arrays["tirs"] for cube in source.read(source.ids)]

    def state(self):
        return {}

    def restore(self, state):
        pass


class OtherOrder(Landsat):
    """Four cubes of two modalities; what differs in cube c is named by the parameter."""

    def __init__(self, path, change="none"):
        self.path, self.change = path, change

    def ids(self):
        return ["a", "b", "c", "d"]

    def read(self, ids):
        for cube_id in ids:
            if cube_id == "a" and self.change == "first":
                raise CorruptCubeError("cube a is damaged")
            change = self.change if cube_id == "c" else "none"
            bands = {"oli": ("red", "nir"), "dem": ("z",)}
            if change in ("order", "bands"):
                bands["oli"] = ("nir", "red") if change == "order" else ("red", "swir")
            if change == "dem":
                bands["dem"] = ("height",)
            if change == "without":
                del bands["dem"]
            if change == "turned":
                bands = dict(reversed(bands.items()))
            arrays = {m: np.full((1, len(names), 4, 4), 3, np.int16) for m, names in bands.items()}
            yield Cube(cube_id, arrays, bands)


@hookimpl
def neuco_datasets():
    modalities = Param("modalities", "list", None, "m", nullable=True)
    make = lambda name, **more: DatasetSpec(
        name=name, summary="s", factory=Landsat, params=(modalities,), **more
    )
    change = Param("change", "str", "none", "what differs in cube c")
    order = DatasetSpec(name="order", summary="s", factory=OtherOrder, params=(change,))
    return [order, make("open"), make("declared", bands={"oli": ("red",)})]


@hookimpl
def neuco_encoders():
    return [
        EncoderSpec(name="takes-any", summary="s", factory=Encoder),
        EncoderSpec(name="oli", summary="s", factory=Encoder, modalities=("oli",)),
        EncoderSpec(name="tirs", summary="s", factory=Encoder, modalities=("oli", "tirs")),
        EncoderSpec(
            name="fitted", summary="s", factory=Fitted, modalities=("tirs",), fit="transductive"
        ),
        EncoderSpec(
            name="selects",
            summary="s",
            factory=Encoder,
            params=(Param("modalities", "list", None, "m", nullable=True),),
        ),
        EncoderSpec(
            name="selects-bands",
            summary="s",
            factory=lambda bands: Encoder(),
            params=(Param("bands", "list", ("oli:red",), "MODALITY or MODALITY:BAND"),),
            reads="bands",
        ),
        EncoderSpec(
            name="combines",
            summary="s",
            factory=Encoder,
            params=(Param("encoders", "list", ("oli",), "names"),),
            uses="encoders",
        ),
    ]
'''


@pytest.fixture(autouse=True)
def landsat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "landsat.py").write_text(PLUGIN)
    monkeypatch.setenv(discovery.PATH_VARIABLE, str(tmp_path / "landsat.py"))
    discovery.forget()
    yield
    discovery.forget()


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Any]:
    def make(encoder: str, dataset: str, **options: Any) -> Any:
        return encode(
            plan(
                EncodeOptions(
                    encoder, dataset=dataset, data=tmp_path, output=tmp_path / "e.npz", **options
                )
            )
        )

    return make


@pytest.mark.parametrize(
    ("encoder", "dataset", "options", "message"),
    [
        ("tirs", "declared", {}, "needs the modalities oli, tirs; .* has the modality oli: it la"),
        ("mean", "declared", {}, "core/mean needs the modalities s1, s2l1c, s2l2a; the data set"),
        ("oli", "open", {"dataset_params": {"modalities": ["tirs"]}}, "has the modality tirs"),
        ("selects", "declared", {"params": {"modalities": ["oli", "pan"]}}, "it lacks pan"),
        ("selects-bands", "declared", {"params": {"bands": ["oli", "pan:p"]}}, "lacks pan\nHint"),
        ("combines", "declared", {"params": {"encoders": ["oli", "tirs"]}}, "it lacks tirs"),
        ("fusion", "declared", {"params": {"encoders": ["random", "mean"]}}, "it lacks s1, s2l1c"),
    ],
)
def test_a_data_set_without_a_modality_is_refused_before_a_cube_is_read(
    run: Callable[..., Any],
    tmp_path: Path,
    encoder: str,
    dataset: str,
    options: dict[str, Any],
    message: str,
) -> None:
    with pytest.raises(DataError, match=message):
        run(encoder, dataset, **options)
    assert not (tmp_path / "read").exists()


@pytest.mark.parametrize(
    ("encoder", "options"),
    [
        ("oli", {}),
        ("combines", {}),
        ("takes-any", {}),
        ("selects-bands", {"params": {"bands": "oli,oli:red"}}),
        ("selects", {"params": {"modalities": "oli"}}),
    ],
)
@pytest.mark.parametrize("dataset", ["declared", "open"])
def test_a_data_set_with_the_modalities_is_encoded(
    run: Callable[..., Any], encoder: str, dataset: str, options: dict[str, Any]
) -> None:
    assert run(encoder, dataset, **options).rows == 2


@pytest.mark.parametrize("encoder", ["tirs", "fitted"])
def test_a_cube_without_a_modality_is_reported_like_one_that_cannot_be_read(
    run: Callable[..., Any], encoder: str
) -> None:
    """Nothing tells the modalities of the data set before the cubes are read."""
    with pytest.raises(DataError, match="1 of 2 cubes cannot be read") as caught:
        run(encoder, "open")
    (problem,) = caught.value.problems
    assert "cube a has the modality oli" in problem
    assert "needs tirs too" in problem
    report = run(encoder, "open", skip_bad=True)
    assert [cube for cube, _ in report.failures] == ["a"]
    assert report.rows == 1


@pytest.mark.parametrize(
    ("encoder", "change", "message"),
    [
        ("selects", "order", "cube c has oli with the bands nir red; the first cube a has oli wi"),
        ("selects", "bands", "cube c has oli with the bands red swir; the first cube a has"),
        ("selects", "dem", "cube c has dem with the bands height; the first cube a has dem with"),
        ("selects", "without", "cube c has no modality dem; the first cube a has dem with"),
        ("oli", "order", "cube c has oli with the bands nir red; the first"),
        ("takes-any", "order", "cube c has oli with the bands nir red; the first"),
        ("band-means", "order", "cube c has oli with the bands nir red; the first"),
    ],
)
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_cube_with_other_bands_is_reported_like_one_that_cannot_be_read(
    run: Callable[..., Any], encoder: str, change: str, message: str, jobs: int
) -> None:
    """Also if another process, or another batch, has read the first cube."""
    options = {"dataset_params": {"change": change}, "batch": 1, "jobs": jobs}
    with pytest.raises(DataError, match="1 of 4 cubes cannot be read") as caught:
        run(encoder, "order", **options)
    (problem,) = caught.value.problems
    assert message in problem
    report = run(encoder, "order", skip_bad=True, **options)
    assert [cube for cube, _ in report.failures] == ["c"]
    # A cube that was left out because of its bands has not been repaired since.
    assert run(encoder, "order", skip_bad=True, **options).up_to_date


@pytest.mark.parametrize(
    ("encoder", "change"),
    [
        ("selects", "none"),
        ("selects", "turned"),
        ("oli", "dem"),
        ("oli", "without"),
        ("takes-any", "without"),
        ("random", "order"),
        ("constant", "without"),
    ],
)
def test_bands_that_an_encoder_does_not_get_may_differ(
    run: Callable[..., Any], encoder: str, change: str
) -> None:
    assert run(encoder, "order", dataset_params={"change": change}).rows == 4


def test_without_a_first_cube_the_bands_are_those_of_the_next(run: Callable[..., Any]) -> None:
    report = run("selects", "order", dataset_params={"change": "first"}, skip_bad=True)
    assert [cube for cube, _ in report.failures] == ["a"]
    assert report.rows == 3
