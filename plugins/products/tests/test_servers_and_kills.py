"""Tiles at an address whose server drops connections, and runs that are killed."""

from __future__ import annotations

import http.server
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from neucocore import NeucoError, load_embeddings

SIDE = 48


class RangeServer(http.server.SimpleHTTPRequestHandler):
    """Serves byte ranges; a third of the answers are cut off, without any order."""

    root = Path()
    requests = 0
    dropped = 0
    random = random.Random(1)  # cuts off the first and the fourth answer
    drop_every = 3
    lock = threading.Lock()
    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.answer(body=False)

    def do_GET(self):
        self.answer(body=True)

    def answer(self, *, body):
        cls = type(self)
        with cls.lock:
            cls.requests += 1
            drop = body and cls.drop_every and cls.random.random() < 1 / cls.drop_every
            cls.dropped += drop
        path = cls.root / self.path.lstrip("/")
        if not path.is_file():
            self.send_error(404)
            return
        content = path.read_bytes()
        first, last = 0, len(content) - 1
        if requested := self.headers.get("Range"):
            start, _, end = requested.removeprefix("bytes=").partition("-")
            first, last = int(start), min(int(end or last), last)
        part = content[first : last + 1]
        self.send_response(206 if requested else 200)
        if requested:
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(content)}")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        if drop:
            self.wfile.write(part[: len(part) // 2])
            self.wfile.flush()
            self.close_connection = True
            self.connection.close()
        elif body:
            self.wfile.write(part)

    def log_message(self, *args):
        pass


@pytest.fixture
def address(tmp_path):
    handler = type("Handler", (RangeServer,), {"root": tmp_path})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", handler
    server.shutdown()
    server.server_close()


def test_a_tile_at_an_address_whose_server_drops_connections(
    address, tmp_path, rng, write_tile, unit_codes, write_points, sample
):
    url, handler = address
    grid = write_tile(tmp_path / "2021" / "far.tiff", unit_codes(SIDE, rng))
    rows, columns = rng.integers(0, SIDE, (2, 30))
    lon, lat = grid.lonlat(rows + 0.5, columns + 0.5)
    points = write_points([f"p{k}" for k in range(30)], lon, lat)
    found = sample("aef", f"{url}/2021/far.tiff", points)
    expected = [grid.values(r, c) for r, c in zip(rows, columns, strict=True)]
    assert found.matrix == pytest.approx(np.array(expected), abs=1e-6)
    assert list(found.extra["year"])[:1] == [2021]
    assert handler.dropped > 0


def test_an_index_at_an_address_opens_only_tiles_of_the_year(
    address, tmp_path, rng, write_tile, unit_codes, write_points, sample
):
    import pyarrow as pa
    import pyarrow.parquet as pq

    url, handler = address
    handler.drop_every = 4
    grids = {
        year: write_tile(tmp_path / "annual" / str(year) / "32N" / "t.tiff", unit_codes(SIDE, rng))
        for year in (2020, 2021)
    }
    paths = [f"s3://bucket/v1/annual/{year}/32N/t.tiff" for year in grids]
    pq.write_table(pa.table({"path": paths, "year": [*grids]}),
                   tmp_path / "annual" / "aef_index.parquet")  # fmt: skip
    points = write_points(["p"], *grids[2020].lonlat([7.5], [8.5]))
    found = sample("aef", f"{url}/annual", points, "--year", 2021)
    assert found.matrix[0] == pytest.approx(grids[2021].values(7, 8), abs=1e-6)


def test_a_store_at_an_address(address, tmp_path, rng, write_points, write_tile, sample):
    pytest.importorskip("aiohttp")
    import zarr

    url, handler = address
    handler.drop_every = 0
    group = zarr.open_group(str(tmp_path / "s.zarr"), mode="w", zarr_format=3)
    codes = rng.normal(size=(6, SIDE, SIDE)).astype("f4")
    group.create_array("embeddings", data=codes, chunks=(6, 8, 8),
                       dimension_names=["band", "y", "x"])  # fmt: skip
    group.create_array("x", data=600_005.0 + 10 * np.arange(SIDE), dimension_names=["x"])
    group.create_array("y", data=5_399_995.0 - 10 * np.arange(SIDE), dimension_names=["y"])
    group.attrs["proj:code"] = "EPSG:32632"
    with pytest.warns(zarr.errors.ZarrUserWarning, match="Consolidated"):
        zarr.consolidate_metadata(str(tmp_path / "s.zarr"))
    grid = write_tile(tmp_path / "grid.tif", np.zeros((SIDE, SIDE, 1), "u1"), nodata=None)
    points = write_points(["p"], *grid.lonlat([7.5], [8.5]))
    found = sample("zarr", f"{url}/s.zarr", points)
    assert found.matrix[0] == pytest.approx(codes[:, 7, 8])


def test_an_address_without_a_file_ends_with_what_to_do(address, tmp_path, write_points, sample,
                                                        monkeypatch):  # fmt: skip
    from neuco_plugin_products import raster

    monkeypatch.setattr(raster, "FIRST_WAIT", 0.001)
    url, _ = address
    with pytest.raises(NeucoError) as caught:
        sample("aef", f"{url}/nothing.tiff", write_points(["p"], [7.0], [48.0]))
    text = " ".join([str(caught.value), *caught.value.problems])
    assert "cannot be read after 6 attempts" in text


def test_a_killed_run_goes_on_and_writes_the_same_bytes(
    tmp_path, rng, write_tile, unit_codes, write_points
):
    """SIGKILL while tiles are read; the second run takes over the finished ones."""
    tiles = 12
    grids = [
        write_tile(tmp_path / "aef" / "2021" / f"t{k:02d}.tiff", unit_codes(SIDE, rng),
                   left=600_000.0 + 10 * SIDE * k)
        for k in range(tiles)
    ]  # fmt: skip
    ids, lon, lat = [], [], []
    for k, grid in enumerate(grids):
        x, y = grid.lonlat([3.5, 20.5], [4.5, 30.5])
        ids += [f"{k}-a", f"{k}-b"]
        lon += x
        lat += y
    points = write_points(ids, lon, lat)
    slow = tmp_path / "slow.py"
    slow.write_text(
        "import sys, time\n"
        "from neuco_plugin_products import run as module\n"
        "from neuco_plugin_products.commands import app\n"
        "true = module.sample_tile\n"
        "def waiting(*arguments):\n"
        "    time.sleep(0.3)\n"
        "    return true(*arguments)\n"
        "module.sample_tile = waiting\n"
        "app(sys.argv[1:], prog_name='neuco sample')\n"
    )
    words = ["aef", tmp_path / "aef", "--points", points, "--jobs", "1", "-o"]
    output = tmp_path / "killed.parquet"
    process = subprocess.Popen([sys.executable, slow, *map(str, words), str(output)],
                               stderr=subprocess.DEVNULL)  # fmt: skip
    work = tmp_path / "killed.parquet.work"
    deadline = time.monotonic() + 60
    while len(list(work.glob("*.npz"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    finished = len(list(work.glob("*.npz")))
    assert 3 <= finished < tiles
    assert not output.exists()
    from neuco_plugin_products import run as module

    calls = []
    true = module.sample_tile

    def counted(tile, *rest):
        calls.append(tile.name)
        return true(tile, *rest)

    from neuco_plugin_products.commands import app

    module.sample_tile = counted
    try:
        app([*map(str, words), str(output)], standalone_mode=False)
    finally:
        module.sample_tile = true
    assert len(calls) == tiles - finished
    assert not work.exists()
    whole = tmp_path / "whole.parquet"
    app([*map(str, words), str(whole)], standalone_mode=False)
    assert output.read_bytes() == whole.read_bytes()
    assert len(load_embeddings(output).ids) == 2 * tiles


def test_other_options_do_not_take_over_finished_tiles(tmp_path, rng):
    from collections import Counter

    from neuco_plugin_products.sampling import Sample
    from neuco_plugin_products.work import WorkFolder

    output = tmp_path / "e.parquet"
    values = rng.normal(size=(3, 4)).astype("f4")
    stored = [Sample(0, values[:1], [], 1, 1, Counter()),
              Sample(5, values[1:], [(1, 2), (3, 4)], 2, 9, Counter(water=7))]  # fmt: skip
    first = WorkFolder(output, {"window": 1})
    first.keep("tile", stored)
    (a, b) = WorkFolder(output, {"window": 1}).finished("tile")
    assert (a.target, b.target, b.places, b.reasons) == (0, 5, [(1, 2), (3, 4)], {"water": 7})
    assert (b.values == values[1:]).all()
    path = next(first.folder.glob("*.npz"))
    path.write_bytes(path.read_bytes()[:100])
    assert WorkFolder(output, {"window": 1}).finished("tile") is None
    assert WorkFolder(output, {"window": 3}).finished("tile") is None
