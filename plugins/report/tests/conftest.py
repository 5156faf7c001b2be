"""Runs of three embeddings on a table with two label columns, scored through neuco."""

from __future__ import annotations

import csv

import numpy as np
import pytest

import neucocore

N = 120
HOSTILE = "<script>document.title='broken'</script>"
UNIT = "<b onclick>Mg</b>"


@pytest.fixture(scope="session")
def results(tmp_path_factory):
    """Return a results folder with three methods and two tasks, one with a hostile name."""
    folder = tmp_path_factory.mktemp("report")
    rng = np.random.default_rng(3)
    causes = rng.normal(size=(N, 4))
    ids = [f"s{row}" for row in range(N)]
    y = causes @ rng.normal(size=4) + 0.5 * rng.normal(size=N)
    kind = np.array(["low", "mid", "high"])[np.digitize(y, [-1, 1])]
    with (folder / "labels.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "y", "kind"])
        writer.writerows(zip(ids, y, kind, strict=True))
    for name, noise in (("good", 0.1), ("poor", 3.0), ("noise", 100.0)):
        matrix = np.hstack([causes + noise * rng.normal(size=causes.shape)] * 2)
        np.savez(folder / f"{name}.npz", ids=np.array(ids), matrix=matrix.astype("f4"))
        neucocore.evaluate(
            folder / f"{name}.npz", labels=folder / "labels.csv", output=folder / "out",
            method="$good$ 日本 😀" if name == "good" else name, unit=(f"y={UNIT}",),
        )  # fmt: skip
    return folder / "out"
