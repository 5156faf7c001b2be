"""Scores, blocks and places on maps whose truth is known, through neuco's own code.

    python docs/simulations/places.py                 40 maps x 8 labels per range, a few minutes
    python docs/simulations/places.py --maps 2 --ranges 0.08

600 points in clusters on a square of 1,000 km. Four columns of the embedding cause the label (range
of correlation 100 km), eight know only the place (350 km), 20 are noise. The label is 0.6 causes,
0.3 a residual field of the range in the heading and 0.1 noise; covariances are exp(-h / range).
Reported are means over maps with their Monte Carlo standard errors (the labels of a map share its
points and fields, so they are averaged first), next to the score at fresh points of the same map,
which random folds estimate, and on a new map, which nothing does. Both truths are those of one
ridge regression on all points. A block size is scored on maps with at least 20 blocks of that size.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from neucocore.data.coordinates import Places
from neucocore.evaluation.inputs import ScoringInput, ScoringTask
from neucocore.evaluation.nested_cv import SPLIT_IDENTITY, NestedCVProtocol
from neucocore.evaluation.places.analysis import analyse_places
from neucocore.statistics.sphere import EARTH_RADIUS

N, LABELS = 600, 8
SIDE_KM = 1000.0
RANGES = (0.02, 0.08, 0.25)
OPTIONS = {"folds": 10, "repeats": 1}
Array = NDArray[np.float64]


def correlated(points: Array, length: float) -> Array:
    distance = np.sqrt(np.square(points[:, None] - points).sum(axis=2))
    return np.linalg.cholesky(np.exp(-distance / length) + 1e-8 * np.eye(len(points)))


def clustered(n: int, rng: np.random.Generator) -> Array:
    centres = rng.random((40, 2))
    points = centres[rng.integers(0, 40, n)] + 0.05 * rng.standard_normal((n, 2))
    return points.clip(0, 1)


class Map:
    """One map: points with an embedding and labels, and fresh points of the same fields."""

    def __init__(self, length: float, rng: np.random.Generator) -> None:
        self.length, self.rng = length, rng
        points = clustered(N, rng)
        fresh = points[rng.integers(0, N, N)] + 0.02 * rng.standard_normal((N, 2))
        self.points = points
        everything = np.vstack([points, fresh.clip(0, 1)])
        self.causes, self.place, self.residual = (
            correlated(everything, r) for r in (0.10, 0.35, length)
        )
        self.weights = rng.standard_normal((4, LABELS))
        self.weights /= np.linalg.norm(self.weights, axis=0)
        self.X, self.Y = self.world()

    def world(self) -> tuple[Array, Array]:
        """Draw all fields anew; return embeddings (2 n, 32) and labels (2 n, 8)."""
        rng, n = self.rng, 2 * N
        causes = self.causes @ rng.standard_normal((n, 4))
        X = np.hstack(
            [
                causes + 0.3 * rng.standard_normal((n, 4)),
                self.place @ rng.standard_normal((n, 8)),
                rng.standard_normal((n, 20)),
            ]
        )
        Y = np.sqrt(0.6) * causes @ self.weights
        Y += np.sqrt(0.3) * self.residual @ rng.standard_normal((n, LABELS))
        return X, Y + np.sqrt(0.1) * rng.standard_normal((n, LABELS))

    def scoring(self) -> tuple[ScoringInput, Places]:
        ids = tuple(f"p{row:04d}" for row in range(N))
        tasks = tuple(
            ScoringTask(f"y{k}", f"y{k}", "regression", ids, self.Y[:N, k], "r2")
            for k in range(LABELS)
        )
        degrees = np.degrees(SIDE_KM / EARTH_RADIUS)
        lonlat = (self.points - 0.5) * degrees  # at the equator, where degrees are square
        places = Places(dict(zip(ids, map(tuple, lonlat.tolist()), strict=True)), ("lon", "lat"))
        matrix = self.X[:N].astype(np.float32)
        return ScoringInput(ids, matrix, tasks, frozenset(ids)), places

    def truths(self) -> Mapping[str, Array]:
        """Return R2 of one model of all points at fresh points of this map, and on a new map."""
        mean = self.Y[:N].mean(axis=0)
        X, Y = self.X[:N], self.Y[:N]
        centred = X - X.mean(axis=0)
        coef = np.linalg.solve(centred.T @ centred + 20 * np.eye(32), centred.T @ (Y - mean))
        new_X, new_Y = self.world()

        def r2(x: Array, y: Array, baseline: Array) -> Array:
            residual = y - mean - (x - X.mean(axis=0)) @ coef
            return 1 - np.square(residual).sum(axis=0) / np.square(y - baseline).sum(axis=0)

        return {
            "fresh points of the map": r2(self.X[N:], self.Y[N:], mean),
            "a new map": r2(new_X[:N], new_Y[:N], new_Y[:N].mean(axis=0)),
        }


def simulate(length: float, maps: int, seed: int) -> dict[str, list[float]]:
    """Return the values of every row of the table, one per map: the mean over its labels."""
    rng = np.random.default_rng(seed)
    protocol = NestedCVProtocol()
    values: dict[str, list[float]] = defaultdict(list)
    for _ in range(maps):
        one = Map(length, rng)
        scoring, places = one.scoring()
        outcomes = protocol.score(scoring, OPTIONS)
        found = analyse_places(
            scoring,
            outcomes,
            places,
            lambda inputs: protocol.score(inputs, OPTIONS),
            folds=10,
            identity=SPLIT_IDENTITY,
        )
        of_map: dict[str, list[float]] = defaultdict(list)
        for name, truth in one.truths().items():
            of_map[name] += truth.tolist()
        for task in found.values():
            of_map["random folds"].append(task["score"])
            for rung in task["blocks"]:
                of_map[f"blocks of {rung['km']:g} km"].append(rung["score"])
                if rung["km"] == 100:
                    of_map["drop, random folds to 100 km"].append(rung["drop"])
                    half = (rung["drop_high"] - rung["drop_low"]) / 2
                    of_map["half interval of the drop"].append(half)
            of_map["place alone"].append(task["place"]["score"])
            of_map["5 nearest places"].append(task["nearest_places"])
            of_map["embedding and place"].append(task["with_place"]["score"])
            of_map["gain over place"].append(task["gain_over_place"])
            of_map["place adds"].append(task["place_adds"])
            if task["range_km"] is not None:
                of_map["range of the residuals (km)"].append(task["range_km"])
        for name, of_labels in of_map.items():
            values[name].append(float(np.mean(of_labels)))
    return values


def report(length: float, values: Mapping[str, Sequence[float]]) -> None:
    print(f"\nresidual range {length * SIDE_KM:g} km (practical range {3 * length * SIDE_KM:g} km)")
    for name, numbers in values.items():
        if name.endswith("(km)"):
            print(f"  {name:28s} median {np.median(numbers):.0f}")
        else:
            error = np.std(numbers, ddof=1) / np.sqrt(len(numbers))
            print(f"  {name:28s} {np.mean(numbers):.3f} ({error:.3f})  {len(numbers)} maps")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--maps", type=int, default=40)
    parser.add_argument("--ranges", type=float, nargs="+", default=RANGES)
    options = parser.parse_args()
    for length in options.ranges:
        report(length, simulate(length, options.maps, int(1000 * length)))


if __name__ == "__main__":
    main()
