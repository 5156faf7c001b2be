"""The built wheels in an environment that has never seen this folder.

Builds everything, installs it with what it requires, and runs a small benchmark from the
installed programs alone. Run by ``make smoke``; prints what it does and ends with 1 at the first
thing that fails.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
EXTRA = "earth"
RUN_FILE = """\
name: smoke
dataset: {name: synthetic-earth, path: earth}
encoders: [random, mean, {name: temporal-mosaiks, features: 64}]
tasks: ["landcover-*", "heatisland-*"]
output: results
"""


def run(*command: str, cwd: Path) -> str:
    """Run a program and return its output; end if it fails."""
    start = time.perf_counter()
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("NEUCO_", "PYTHON"))}
    done = subprocess.run(command, cwd=cwd, env=clean, capture_output=True, text=True)
    said = " ".join(Path(command[0]).name if i == 0 else part for i, part in enumerate(command))
    print(f"{time.perf_counter() - start:5.1f} s  {said[:100]}", flush=True)
    if done.returncode != 0:
        sys.exit(f"{done.stdout}\n{done.stderr}\nfailed with {done.returncode}: {said}")
    return done.stdout


def check_plugins(neuco: str, folder: Path, wheels: list[Path]) -> None:
    """End unless every wheel's plugin loads."""
    rows = json.loads(run(neuco, "plugins", "list", "--json", cwd=folder))
    loaded = {row["distribution"] for row in rows if row["status"] == "loaded"}
    built = {wheel.name.split("-")[0].replace("_", "-") for wheel in wheels}
    if missing := sorted(built - loaded):
        sys.exit(f"these do not load: {', '.join(missing)}\n{json.dumps(rows, indent=1)}")


def main() -> None:
    """Build, install, use."""
    with tempfile.TemporaryDirectory(prefix="neuco-smoke-") as name:
        folder = Path(name)
        uv = (sys.executable, "-m", "uv")
        build = (sys.executable, str(ROOT / "releases" / "build.py"), str(folder / "dist"))
        run(*build, "--wheels", cwd=folder)
        wheels = sorted((folder / "dist").glob("*.whl"))
        run(*uv, "venv", "--quiet", "--python", sys.executable, str(folder / "venv"), cwd=folder)
        python, neuco = (str(folder / "venv" / "bin" / program) for program in ("python", "neuco"))
        # torch is large, so its plugin is only unpacked; all others come with what they require.
        install = (*uv, "pip", "install", "--quiet", "--python", python)
        find = ("--find-links", str(folder / "dist"))
        run(*install, *find, f"neucocore[{EXTRA}]", cwd=folder)
        run(*install, "--no-deps", *map(str, wheels), cwd=folder)
        print(run(neuco, "--version", cwd=folder).strip())
        check_plugins(neuco, folder, wheels)
        run(neuco, "list", cwd=folder)
        run(neuco, "registry", "check", str(ROOT / "registry.yaml"), "--built", "dist", cwd=folder)
        make = ("data", "generate", "synthetic-earth", "--output", "earth")
        run(neuco, *make, "--set", "cubes=32", "--set", "size=16", cwd=folder)
        (folder / "run.yaml").write_text(RUN_FILE, encoding="utf-8")
        run(neuco, "run", "run.yaml", cwd=folder)
        board = run(neuco, "leaderboard", "results", cwd=folder)
        if not all(method in board for method in ("random", "mean", "temporal-mosaiks")):
            sys.exit(f"the leaderboard lacks a method:\n{board}")
        print(board)


if __name__ == "__main__":
    start = time.perf_counter()
    main()
    print(f"the wheels work, {time.perf_counter() - start:.0f} s")
