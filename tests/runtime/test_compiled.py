"""Functions are compiled with or without a usable cache folder, and never run damaged code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numba
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba.core import caching

from neucocore.runtime.compiled import SUFFIX, compiled


def twice(value: int) -> int:
    return 2 * value


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    return tmp_path


def cached_files(cache: Path) -> list[Path]:
    return sorted(cache.rglob(f"*{SUFFIX}"))


def test_a_function_is_compiled() -> None:
    assert compiled()(twice)(21) == 42


def test_machine_code_is_stored_and_used_again(cache: Path) -> None:
    assert compiled()(twice)(21) == 42
    assert len(cached_files(cache)) == 1
    again = compiled()(twice)
    assert again(21) == 42
    assert sum(again.stats.cache_hits.values()) == 1


def test_fault_48_functions_are_compiled_without_a_writable_cache_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])
    assert compiled()(twice)(21) == 42


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A cache folder with the code of one function, and the content of its file."""
    folder = tmp_path_factory.mktemp("numba")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(numba.config, "CACHE_DIR", str(folder))
        compiled()(twice)(21)
    return folder, cached_files(folder)[0].read_bytes()


@given(data=st.data())
@settings(derandomize=True, max_examples=40, deadline=None)
def test_fault_83_damaged_machine_code_is_never_run(
    stored: tuple[Path, bytes], data: st.DataObject
) -> None:
    folder, content = stored
    kind = data.draw(st.sampled_from(["cut", "flipped", "replaced", "longer"]))
    at = data.draw(st.integers(0, len(content) - 1))
    junk = data.draw(st.binary(min_size=1, max_size=50))
    bit = 1 << data.draw(st.integers(0, 7))
    damaged = {
        "cut": content[:at],
        "flipped": content[:at] + bytes([content[at] ^ bit]) + content[at + 1 :],
        "replaced": junk,
        "longer": content + junk,
    }[kind]
    (file,) = cached_files(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(numba.config, "CACHE_DIR", str(folder))
        file.write_bytes(damaged)
        fast = compiled()(twice)
        assert fast(21) == 42
        assert not fast.stats.cache_hits
        assert file.read_bytes() != damaged
        again = compiled()(twice)
        assert again(21) == 42
        assert again.stats.cache_hits


@pytest.mark.parametrize("error", [PermissionError(13, "read-only"), OSError(28, "disk full")])
def test_fault_83_a_cache_that_cannot_be_written_is_no_error(
    cache: Path, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    def fail(*arguments: object) -> None:
        raise error

    fast = compiled()(twice)
    monkeypatch.setattr("tempfile.mkstemp", fail)
    assert fast(21) == 42
    assert cached_files(cache) == []


def test_fault_83_a_folder_in_place_of_a_cached_file_is_no_error(cache: Path) -> None:
    compiled()(twice)(21)
    (file,) = cached_files(cache)
    file.unlink()
    file.mkdir()
    assert compiled()(twice)(21) == 42


READ = """
import os
import sys
from pathlib import Path
from neucocore.data.embeddings.formats import load_embeddings
if "NO_FOLDER" in os.environ:
    from numba.core import caching
    caching.CacheImpl._locator_classes = []
print(float(load_embeddings(Path(sys.argv[1])).matrix.sum()))
"""


@pytest.fixture(scope="module")
def large_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CSV file of more than 8 MB, which is read by compiled code."""
    path = tmp_path_factory.mktemp("csv") / "large.csv"
    row = ",".join(["0.5"] * 512)
    lines = [f"s{number},{row}" for number in range(4200)]
    path.write_text("\n".join(["id," + ",".join(map(str, range(512))), *lines]) + "\n")
    assert path.stat().st_size > 8 << 20
    return path


@pytest.mark.parametrize("state", ["junk", "cut", "no folder"])
def test_fault_83_a_large_csv_is_read_whatever_the_state_of_the_cache(
    large_csv: Path, tmp_path: Path, state: str
) -> None:
    cache = tmp_path / "numba"
    environment = os.environ | {"NUMBA_CACHE_DIR": str(cache), "HOME": "/nonexistent"}
    if state == "no folder":
        environment["NO_FOLDER"] = ""

    def read() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-W", "error", "-c", READ, str(large_csv)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
        )

    first = read()
    for file in cached_files(cache):
        content = file.read_bytes()
        file.write_bytes(b"junk" * 100 if state == "junk" else content[: len(content) // 2])
    again = read()
    assert (first.stderr, again.stderr) == ("", "")
    assert first.stdout == again.stdout == f"{4200 * 512 * 0.5}\n"
