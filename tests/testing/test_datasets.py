from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from neucocore.components.specs import DatasetSpec
from neucocore.data.cubes.cube import Cube
from neucocore.testing import make_cubes

BANDS = {"s1": ("vv", "vh")}


def example(folder: Path) -> None:
    cubes = make_cubes(3, modalities=("s1",), seasons=1, size=4)
    for cube in cubes:
        np.save(folder / f"{cube.id}.npy", cube.arrays["s1"])
    lines = ["id,label", *(f"{cube.id},{number}" for number, cube in enumerate(cubes))]
    (folder / "mine__regr.csv").write_text("\n".join(lines) + "\n")


class Valid:
    """One array per cube."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def ids(self) -> list[str]:
        return sorted(file.stem for file in self.path.glob("*.npy"))

    def read(self, ids: Sequence[str]) -> Iterator[Cube]:
        for sample in ids:
            yield Cube(sample, {"s1": np.load(self.path / f"{sample}.npy")}, BANDS)

    def label_files(self) -> list[Path]:
        return [self.path / "mine__regr.csv"]


class WithoutLabelFiles:
    def __init__(self, path: Path) -> None:
        self.ids, self.read = Valid(path).ids, Valid(path).read


class Unsorted(Valid):
    def ids(self) -> list[str]:
        return super().ids()[::-1]


class InOwnOrder(Valid):
    def read(self, ids: Sequence[str]) -> Iterator[Cube]:
        return super().read(sorted(ids))


class OtherBands(Valid):
    def read(self, ids: Sequence[str]) -> Iterator[Cube]:
        for cube in super().read(ids):
            yield replace(cube, bands={"s1": ("hh", "hv")})


class NotANumber(Valid):
    def read(self, ids: Sequence[str]) -> Iterator[Cube]:
        for cube in super().read(ids):
            cube.arrays["s1"][0, 0, 0, 0] = np.nan
            yield cube


class ScaleOfAnother(Valid):
    def read(self, ids: Sequence[str]) -> Iterator[Cube]:
        for cube in super().read(ids):
            yield replace(cube, scale={"s2": 10.0})


class LargeNumbers(Valid):
    def read(self, ids: Sequence[str]) -> Iterator[Cube]:
        for cube in super().read(ids):
            yield replace(cube, scale={"s1": 1e-3})


class Noisy(Valid):
    def read(self, ids: Sequence[str]) -> Iterator[Cube]:
        for cube in super().read(ids):
            noise = np.random.default_rng().normal(size=cube.arrays["s1"].shape)
            yield replace(cube, arrays={"s1": cube.arrays["s1"] + noise})


class SkipsUnknownIds(Valid):
    def read(self, ids: Sequence[str]) -> Iterator[Cube]:
        return super().read([sample for sample in ids if sample in self.ids()])


class LabelsOtherCubes(Valid):
    def label_files(self) -> list[Path]:
        file = self.path / "other__regr.csv"
        file.write_text("id,label\nanother-cube,1\n")
        return [file]


class Caches(Valid):
    def read(self, ids: Sequence[str]) -> Iterator[Cube]:
        (self.path / "cache").write_text("x")
        return super().read(ids)


FAILED_CHECKS = {
    Valid: set(),
    WithoutLabelFiles: {"dataset-created", "dataset-labels"},
    Unsorted: {"dataset-ids"},
    InOwnOrder: {"dataset-order"},
    OtherBands: {"dataset-shapes"},
    NotANumber: {"dataset-quality"},
    ScaleOfAnother: {"dataset-scale"},
    LargeNumbers: {"dataset-order-of-one"},
    Noisy: {"dataset-repeatable"},
    SkipsUnknownIds: {"dataset-unknown-id"},
    LabelsOtherCubes: {"dataset-labels"},
    Caches: {"dataset-side-effects"},
}


@pytest.mark.parametrize(
    ("dataset", "checks"), FAILED_CHECKS.items(), ids=lambda value: getattr(value, "__name__", "")
)
def test_each_mistake_of_a_data_set_fails_its_check(
    broken_checks: Callable[..., set[str]], dataset: type, checks: set[str]
) -> None:
    spec = DatasetSpec(name="x", summary="s", factory=dataset, example=example, bands=BANDS)
    assert broken_checks(spec) == checks
