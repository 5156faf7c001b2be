"""``make field-trial`` on a local server with small files in place of the real ones."""

from __future__ import annotations

import functools
import http.server
import json
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from tests.trials import product_rasters as rasters

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "field_trial.py"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def address(tmp_path):
    folder = tmp_path / "server"
    folder.mkdir()
    handler = functools.partial(Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_sampling_steps_end_in_a_bundle_with_digests(address, tmp_path):
    folder, url = address
    world, hidden = rasters.scene()
    rasters.aef(folder, hidden, world.rng)
    rasters.tessera(folder / "tmp", hidden, world.rng)
    cell = "grid_-0.05_10.05"
    arrays = folder / "v1" / "global_0.1_degree_representation" / "2024" / cell
    masks = folder / "v1" / "global_0.1_degree_tiff_all"
    arrays.mkdir(parents=True)
    masks.mkdir(parents=True)
    for source in (folder / "tmp").rglob("grid_*"):
        if source.is_file():
            name = source.name.replace("grid_10.35_48.75", cell)
            source.rename((masks if source.suffix == ".tiff" else arrays) / name)
    output = tmp_path / "trial"
    done = subprocess.run(
        [sys.executable, SCRIPT, "-o", output, "--steps", "aef,tessera",
         "--aef", f"{url}/2021/32N/xk41pjf8v2.tiff", "--tessera", f"{url}/v1"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    logs = "".join(path.read_text() for path in output.rglob("commands.log"))
    assert done.returncode == 0, done.stdout + done.stderr + logs
    record = json.loads((output / "field-trial.json").read_text())
    assert [step["ok"] for step in record["steps"]] == [True, True]
    assert all(step["digests"] for step in record["steps"])
    assert {row["name"] for row in record["versions"]} >= {"core", "products"}
    with zipfile.ZipFile(output / "field-trial.zip") as bundle:
        names = bundle.namelist()
    assert "field-trial.json" in names
    assert any(name.endswith("run.json") for name in names)
    assert not any(name.endswith((".npy", ".parquet")) for name in names)
    assert "| AlphaEarth Foundations, one tile | 20" in done.stdout


def test_a_source_that_cannot_be_reached_stops_no_other(tmp_path):
    output = tmp_path / "trial"
    done = subprocess.run(
        [sys.executable, SCRIPT, "-o", output, "--steps", "aef,tessera",
         "--aef", "http://127.0.0.1:9/none.tiff", "--tessera", "http://127.0.0.1:9"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    record = json.loads((output / "field-trial.json").read_text())
    assert [step["ok"] for step in record["steps"]] == [False, False]
    assert all(step["reason"] for step in record["steps"])
    assert (output / "field-trial.zip").is_file()
