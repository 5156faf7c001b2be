"""A single-file plugin for tests, with encoders that keep or break their contract."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neucocore.plugin import (
    Cube,
    DatasetSpec,
    EncoderSpec,
    MissingFileError,
    Param,
    ReducerSpec,
    hookimpl,
    read_modality,
)

NEUCO_API = 1


class ToyCubes:
    """Cubes of one modality, one file each."""

    def __init__(self, path: Path, missing_chunks: str = "error") -> None:
        self.path = Path(path)
        self.missing_chunks = missing_chunks

    def ids(self) -> list[str]:
        return sorted(p.name.removesuffix(".zarr.zip") for p in self.path.glob("*.zarr.zip"))

    def files(self, cube_id: str) -> Mapping[str, Path]:
        return {"s1": self.path / f"{cube_id}.zarr.zip"}

    def read(self, ids: Sequence[str]) -> Iterator[Cube]:
        for cube_id in ids:
            path = self.files(cube_id)["s1"]
            if not path.exists():
                raise MissingFileError(f"no such file: {path}")
            array, _ = read_modality(path, missing_chunks=self.missing_chunks)
            yield Cube(cube_id, {"s1": array}, {"s1": ("vv", "vh")})

    def label_files(self) -> Sequence[Path]:
        return sorted(self.path.glob("*.csv"))


class Sums:
    """Three numbers per cube, from its own values only."""

    width = 3

    def encode(self, cubes: Sequence[Cube]) -> NDArray[np.float32]:
        rows = [self.row(cube) for cube in cubes]
        return np.array(rows, dtype=np.float32)

    def row(self, cube: Cube) -> list[float]:
        values = cube.arrays["s1"].astype(np.float64)
        return [float(values.sum()), float(values.std()), float(values.max())][: self.width]


class Slow(Sums):
    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def row(self, cube: Cube) -> list[float]:
        time.sleep(self.seconds)
        return super().row(cube)


class Wrong(Sums):
    """Breaks the contract in the way that its parameter names."""

    def __init__(self, how: str) -> None:
        self.how = how
        self.calls = 0

    def encode(self, cubes: Sequence[Cube]) -> NDArray[np.float32]:
        self.calls += 1
        rows = super().encode(cubes)
        last = cubes[-1].id.endswith("7")
        match self.how:
            case "nan" if last:
                rows[-1, 0] = np.nan
            case "list":
                return rows.tolist()  # type: ignore[return-value]
            case "short":
                return rows[:-1]
            case "double":
                return rows.astype(np.float64)
            case "grows" if last:
                return np.hstack([rows, rows])
            case "drifts":
                return rows + np.float32(self.calls)
            case "raises" if last:
                raise RuntimeError("no such luck")
            case "dies" if last:
                os.kill(os.getpid(), signal.SIGKILL)
            case "swells" if last:
                raise MemoryError
            case "exits":
                raise SystemExit(0)
            case "wide on request" if os.environ.get("TOY_WIDE"):
                return np.hstack([rows, rows])
        return rows


class Company(Sums):
    """Rows that depend on the other cubes of a call, but not for a cube that is alone."""

    def __init__(self, how: str) -> None:
        self.how = how

    def encode(self, cubes: Sequence[Cube]) -> NDArray[np.float32]:
        rows = super().encode(cubes)
        match self.how:
            case "sorted":
                return rows[np.argsort([cube.id for cube in cubes])]
            case "scaled":
                return rows * np.float32(1 + 0.001 * (len(cubes) - 1))
            case "rounded":
                return rows * np.float32(1 + 1e-6 * (len(cubes) - 1))
            case "centred":
                return rows - (len(cubes) > 1) * rows.mean(axis=0)
        return rows


class Centred(Sums):
    """Sums minus the mean over all cubes that it was fitted on."""

    mean: NDArray[np.float32]

    def prepare(self, source) -> None:
        self.mean = super().encode(list(source.read(source.ids))).mean(axis=0)

    def state(self) -> Mapping[str, NDArray[np.float32]]:
        return {"mean": self.mean}

    def restore(self, state: Mapping[str, NDArray[np.float32]]) -> None:
        self.mean = state["mean"]

    def encode(self, cubes: Sequence[Cube]) -> NDArray[np.float32]:
        return super().encode(cubes) - self.mean


class BadState(Centred):
    """Cannot be fitted, or has a state that cannot be saved, as its parameter names."""

    def __init__(self, how: str) -> None:
        self.how = how

    def prepare(self, source) -> None:
        if self.how == "prepare":
            raise ValueError("not today")
        super().prepare(source)

    def state(self) -> Mapping[str, NDArray[np.float32]]:
        states = {"none": None, "objects": {"mean": np.array([{}], dtype=object)}}
        return states[self.how]  # type: ignore[return-value]


class Coded(Centred):
    """Has codes of its own, and reports its key fields, device and energy."""

    def __init__(self, weights: str, device: str) -> None:
        self.weights = Path(weights)

    def cache_key_fields(self) -> Mapping[str, str]:
        return {"weights": self.weights.read_text()}

    def to_codes(self, rows: NDArray[np.float32]) -> list[bytes]:
        assert self.mean is not None
        return [bytes(number + 1) for number in range(len(rows))]

    def device_name(self) -> str:
        return "a toy GPU"

    def energy_joules(self) -> float:
        return time.perf_counter() * 1000


class FirstColumns:
    """A reducer with the name of a built-in one."""

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension

    def fit(self, matrix: NDArray[np.float32]) -> FirstColumns:
        return self

    def apply(self, matrix: NDArray[np.float32]) -> NDArray[np.float32]:
        return matrix[:, : self.dimension]

    def bytes_per_row(self) -> float:
        return 4.0 * self.dimension

    def state(self) -> Mapping[str, NDArray[np.float32]]:
        return {}


@hookimpl
def neuco_datasets() -> list[DatasetSpec]:
    return [
        DatasetSpec(
            name="toy-cubes",
            summary="cubes of one modality",
            factory=f"{__name__}:ToyCubes",
            params=(Param("missing_chunks", "str", "error", "how to treat missing chunks"),),
        )
    ]


@hookimpl
def neuco_encoders() -> list[EncoderSpec]:
    return [
        EncoderSpec(name="toy-sums", summary="three sums", factory=f"{__name__}:Sums"),
        EncoderSpec(
            name="toy-reduced",
            summary="the first two of three sums",
            factory=f"{__name__}:Sums",
            reducer="pca",
            dimension=2,
        ),
        EncoderSpec(
            name="toy-slow",
            summary="three sums, slowly",
            factory=f"{__name__}:Slow",
            params=(Param("seconds", "float", 0.02, "time per cube"),),
        ),
        EncoderSpec(
            name="toy-wrong",
            summary="breaks the contract",
            factory=f"{__name__}:Wrong",
            params=(Param("how", "str", "nan", "in which way"),),
        ),
        EncoderSpec(
            name="toy-bad-state",
            summary="sums that cannot be fitted or saved",
            factory=f"{__name__}:BadState",
            params=(Param("how", "str", "none", "in which way"),),
            fit="transductive",
        ),
        EncoderSpec(
            name="toy-coded",
            summary="sums with codes of their own",
            factory=f"{__name__}:Coded",
            params=(
                Param("weights", "str", "", "a file"),
                Param("device", "str", "cpu", "where to compute"),
            ),
            fit="transductive",
        ),
        EncoderSpec(
            name="toy-centred",
            summary="sums minus their mean",
            factory=f"{__name__}:Centred",
            fit="transductive",
        ),
        EncoderSpec(
            name="toy-projected",
            summary="sums, then a projection with its own seed",
            factory=f"{__name__}:Sums",
            reducer="projection",
            reducer_params={"seed": 3},
            dimension=2,
        ),
        EncoderSpec(
            name="toy-int8",
            summary="sums that only the reducer makes depend on other cubes",
            factory=f"{__name__}:Sums",
            reducer="int8",
            fit="transductive",
        ),
        EncoderSpec(
            name="toy-company",
            summary="rows that depend on the other cubes of a call, as the parameter names",
            factory=f"{__name__}:Company",
            params=(Param("how", "str", "", "in which way"),),
        ),
        EncoderSpec(
            name="toy-trained",
            summary="sums minus the mean of other cubes",
            factory=f"{__name__}:Centred",
            fit="train",
        ),
    ]


@hookimpl
def neuco_reducers() -> list[ReducerSpec]:
    return [
        ReducerSpec(
            name="pca",
            summary="the first columns",
            factory=f"{__name__}:FirstColumns",
            needs_fit=False,
        )
    ]
