"""Speed of computing random convolutional features, and of reading and encoding cubes.

    python benchmarks/encoding.py                              features of one 27 x 264 x 264 image
    python benchmarks/encoding.py --dataset NAME --data DIR    also reading, and encoding with jobs

Compares our features with the matrix product of the same shapes alone (numpy's BLAS) and, if torch
is installed, with RCF: the operations of torchgeo up to 0.7, which convolves twice, and those of
the installed version of torchgeo (from 0.8 on it convolves once). Every figure is the best of
several repeats. The programs take turns, so that other work on the machine affects all of them.
Results are printed as Markdown.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from neuco_plugin_ssl4eo_s12.statistics import DOWNSTREAM_STATISTICS
from neuco_plugin_temporal_mosaiks.convolution import mean_features
from neuco_plugin_temporal_mosaiks.kernels import (
    empirical_kernels,
    gaussian_kernels,
    patch_positions,
)
from neucocore.plugin import stacked

CHANNELS = 27
SEED, BIAS, SIZE = 10012023, -1.0, 3
Timings = dict[tuple[str, int], float]


@dataclass(frozen=True)
class Work:
    """A function to time, and its number of operations relative to the matrix product."""

    run: Callable[..., Any]
    products: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--features", type=int, default=4096)
    parser.add_argument("--pixels", type=int, default=264)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--dataset", help="name of a data set; requires --data")
    parser.add_argument("--data", type=Path, help="folder of the data set; also measures reading")
    parser.add_argument("--encoder", default="temporal-mosaiks")
    parser.add_argument("--cubes", type=int, default=16, help="cubes to read and encode")
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    arguments = parser.parse_args()
    images = landscapes(8, arguments.pixels)
    kernels = kernels_from(images, arguments.features // 2)
    report_features(images[0], kernels, arguments.repeat, arguments.threads)
    report_stride(images, kernels, "synthetic landscapes")
    if arguments.dataset and arguments.data:
        report_run(arguments)


def landscapes(count: int, pixels: int) -> np.ndarray:
    """Return images with structure at several scales, (count, CHANNELS, pixels, pixels) float32."""
    rng = np.random.default_rng(0)
    images = np.zeros((count, CHANNELS, pixels, pixels), np.float32)
    for scale in (1, 4, 16, 64):
        side = -(-pixels // scale)
        coarse = rng.standard_normal((count, CHANNELS, side, side), dtype=np.float32)
        blocks = coarse.repeat(scale, axis=2).repeat(scale, axis=3)
        images += blocks[..., :pixels, :pixels] * np.float32(0.25 * scale**0.25)
    return images


def kernels_from(images: np.ndarray, count: int) -> np.ndarray:
    _, stream = gaussian_kernels(SEED, count, CHANNELS, SIZE)
    places = patch_positions(stream, count, len(images), *images.shape[2:], SIZE)
    patches = [
        images[i, :, r : r + SIZE, c : c + SIZE]
        for i, r, c in zip(places.image, places.row, places.column, strict=True)
    ]
    return empirical_kernels(np.stack(patches))


def report_features(
    image: np.ndarray, kernels: np.ndarray, repeat: int, threads: list[int]
) -> None:
    flops = 2 * kernels.size * (image.shape[1] - SIZE + 1) * (image.shape[2] - SIZE + 1)
    rivals = rcfs(kernels)
    ours = mean_features(image, kernels, BIAS)
    works = {
        "matrix product alone": Work(product_of(image, kernels), 1),
        "ours": Work(lambda: mean_features(image, kernels, BIAS), 1),
        "ours, stride 2": Work(lambda: mean_features(image, kernels, BIAS, stride=2), 1 / 4),
    }
    for name, rival in rivals.items():
        works[name] = Work(partial(rival.run, image), rival.products)
        print(f"Largest difference from {name}: {np.abs(ours - rival.run(image)).max():.1e}\n")
    best = take_turns(works, repeat, threads)
    shape = " x ".join(map(str, image.shape))
    print(f"{2 * len(kernels)} features of {shape}, {flops / 1e9:.1f} GFlop, best of {repeat}:\n")
    speed_ups = [f"speed-up over {name}" for name in rivals]
    print(
        table_line(
            "computation",
            "threads",
            "seconds",
            "GFlop/s",
            "rate relative to the product",
            *speed_ups,
        )
    )
    print(table_line(*["---"] * (5 + len(speed_ups))))
    for (name, count), seconds in best.items():
        done = flops * works[name].products
        rate = f"{done / seconds / 1e9:.0f}"
        share = f"{best['matrix product alone', count] / seconds * done / flops:.0%}"
        ratios = [f"{best[rival, count] / seconds:.1f}" for rival in rivals]
        print(table_line(name, count, f"{seconds:.3f}", rate, share, *ratios))
    report_processes(image, kernels, max(threads))


def table_line(*cells: object) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


def report_processes(image: np.ndarray, kernels: np.ndarray, count: int) -> None:
    """Time several processes with one BLAS thread each, as in an encode run."""
    rounds = 4
    with multiprocessing.get_context("spawn").Pool(count, _one_thread, (image, kernels)) as pool:
        pool.map(_features_again, range(count), chunksize=1)  # compiles
        start = time.perf_counter()
        pool.map(_features_again, range(count * rounds), chunksize=1)
        seconds = (time.perf_counter() - start) / (count * rounds)
    print(f"\n{count} processes with one thread: {seconds:.3f} s per image.\n")


def _one_thread(image: np.ndarray, kernels: np.ndarray) -> None:
    global _shared  # arrays are sent to each process once
    threadpool_limits(1)
    _shared = image, kernels


def _features_again(_: int) -> None:
    mean_features(*_shared, BIAS)


def product_of(image: np.ndarray, kernels: np.ndarray) -> Callable[[], None]:
    """Return the product of the same shapes, with all patches arranged in advance."""
    windows = np.lib.stride_tricks.sliding_window_view(image, (SIZE, SIZE), axis=(1, 2))
    columns = windows.transpose(0, 3, 4, 1, 2).reshape(kernels[0].size, -1)
    weights = kernels.reshape(len(kernels), -1)
    pieces = np.array_split(np.ascontiguousarray(columns), 8, axis=1)
    pieces = [np.ascontiguousarray(piece) for piece in pieces]
    results = [np.empty((len(weights), piece.shape[1]), np.float32) for piece in pieces]

    def multiply() -> None:
        for piece, result in zip(pieces, results, strict=True):
            np.matmul(weights, piece, out=result)

    return multiply


def rcfs(kernels: np.ndarray) -> dict[str, Work]:
    """Return the random convolutional features of torchgeo; empty without torch."""
    try:
        import torch
    except ImportError:
        return {}
    weights, bias = torch.from_numpy(kernels), torch.full((len(kernels),), BIAS)

    @torch.inference_mode()
    def convolved_twice(image: np.ndarray) -> np.ndarray:
        x = torch.from_numpy(image)[None]
        convolve = partial(torch.nn.functional.conv2d, x, weights, bias)
        positive = torch.relu_(convolve())
        negative = torch.relu(-convolve())
        pooled = [
            torch.nn.functional.adaptive_avg_pool2d(half, (1, 1)).ravel()
            for half in (positive, negative)
        ]
        return torch.cat(pooled).numpy()

    works = {"RCF as in torchgeo 0.7": Work(convolved_twice, 2)}
    try:
        import torchgeo
        from torchgeo.models import RCF
    except ImportError:
        return works
    model = RCF(CHANNELS, 2 * len(kernels), SIZE, bias=BIAS, seed=SEED, mode="gaussian")
    model.weights = weights

    @torch.inference_mode()
    def torchgeo_rcf(image: np.ndarray) -> np.ndarray:
        return model(torch.from_numpy(image)[None]).numpy().ravel()

    products = 2 if torchgeo.__version__ < "0.8" else 1
    return works | {f"RCF of torchgeo {torchgeo.__version__}": Work(torchgeo_rcf, products)}


def take_turns(works: dict[str, Work], repeat: int, threads: list[int]) -> Timings:
    """Run all works in turn; return the best time in seconds by name and number of threads."""
    best: Timings = {}
    for count in threads:
        with limited(count):
            for name, work in works.items():
                work.run()  # compiles, allocates, fills caches
                best[name, count] = float("inf")
            for _ in range(repeat):
                for name, work in works.items():
                    start = time.perf_counter()
                    work.run()
                    best[name, count] = min(best[name, count], time.perf_counter() - start)
    return best


def limited(count: int) -> Any:
    try:
        import torch

        torch.set_num_threads(count)
    except ImportError:
        pass
    return threadpool_limits(count)


def report_stride(images: np.ndarray, kernels: np.ndarray, what: str) -> None:
    exact, approximate = (
        np.stack([mean_features(image, kernels, BIAS, stride) for image in images])
        for stride in (1, 2)
    )
    relative = np.linalg.norm(approximate - exact) / np.linalg.norm(exact)
    spread = np.sqrt(((approximate - exact) ** 2).mean(axis=0)) / exact.std(axis=0).clip(1e-12)
    print(
        f"Stride 2 on {len(images)} {what}: relative error {relative:.2%}; median error "
        f"relative to a feature's standard deviation between images: {np.median(spread):.3f}.\n"
    )


def report_run(arguments: argparse.Namespace) -> None:
    from neucocore.components.factory import create
    from neucocore.components.lookup import find
    from neucocore.encoding.options import EncodeOptions
    from neucocore.encoding.plan import plan
    from neucocore.encoding.run import encode

    dataset = create(find("dataset", arguments.dataset), arguments.data)
    ids = dataset.ids()[: arguments.cubes]
    start = time.perf_counter()
    size = sum(cube.nbytes for cube in dataset.read(ids))
    seconds = time.perf_counter() - start
    seasons = [stacked(cube, DOWNSTREAM_STATISTICS)[0] for cube in dataset.read(ids)]
    images = np.stack(seasons)
    report_stride(images, kernels_from(images, arguments.features // 2), "cubes, first season")
    print(
        f"Reading alone: {len(ids) / seconds:.1f} cubes/s ({size / len(ids) / 1e6:.1f} MB each in "
        f"memory).\n\n| {arguments.encoder}, {len(ids)} cubes | cubes/s |\n|---|---|"
    )
    for jobs in arguments.jobs:
        with tempfile.TemporaryDirectory() as folder:
            options = EncodeOptions(
                encoder=arguments.encoder,
                dataset=arguments.dataset,
                data=arguments.data,
                output=Path(folder) / "embeddings.npz",
                ids=ids,
                jobs=jobs,
            )
            request = plan(options)
            start = time.perf_counter()
            encode(request)
            print(f"| {jobs} jobs | {len(ids) / (time.perf_counter() - start):.2f} |", flush=True)


if __name__ == "__main__":
    print(f"{os.cpu_count()} cores, numpy {np.__version__}\n")
    main()
