"""``neuco demo``, run as the installed program."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def neuco(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "neucocore", *arguments], cwd=folder, capture_output=True, text=True
    )


def test_the_demo_generates_encodes_scores_and_ranks(tmp_path: Path) -> None:
    done = neuco("demo", "-o", "small", "--cubes", "40", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    steps = [line for line in done.stderr.splitlines() if line[:3] in ("1. ", "2. ")]
    assert steps == [
        "1. neuco data generate synthetic-earth/synthetic-earth -o small/earth "
        "--set cubes=40 --set size=64 --set seed=0 --set jobs=2",
        "2. neuco run small/demo.yaml",
    ]
    for method in ("random", "constant", "mean", "temporal-mosaiks"):
        assert f"  {method} " in done.stdout
    assert "The table ranks by mean skill: 0 is chance" in done.stdout
    assert "weighted_score" not in done.stdout  # the other protocol is one line away
    assert "--phase demo --protocol neucobench-2026@1" in done.stderr
    page = (tmp_path / "small" / "report.html").read_text()
    assert "temporal-mosaiks" in page
    assert "open small/report.html in a browser" in done.stderr


def test_a_failing_step_ends_the_demo_with_its_error(tmp_path: Path) -> None:
    (tmp_path / "demo" / "earth").mkdir(parents=True)
    (tmp_path / "demo" / "earth" / "notes.txt").write_text("not an Earth")
    done = neuco("demo", folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("1. neuco data generate")
    assert done.stderr.count("error:") == 1
    assert "2. neuco run" not in done.stderr
    assert neuco("--quiet", "demo", folder=tmp_path).stderr.startswith("error:")
