"""Which files neuco caches, and their removal."""

from __future__ import annotations

from pathlib import Path

import pytest

from neucocore.runtime import cache
from neucocore.runtime.cache import cache_folders, cached_files, clean_cache, size_of_cache


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Return a package and a folder of the user, each with cached files and others."""
    package, user = tmp_path / "package", tmp_path / "user"
    monkeypatch.setattr(cache, "PACKAGE", package)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(user))
    for folder in (package / "files" / "__pycache__", user / "kernel_1"):
        folder.mkdir(parents=True)
        (folder / "kernel._fit-1.py311.abc.neuco-code").write_bytes(b"12345")
        (folder / "kernel.cpython-311.pyc").write_bytes(b"1")
        (folder / "of.others.nbc").write_bytes(b"1")
    return package, user


def test_the_cached_files_of_the_package_and_of_the_user_are_found_and_removed(
    folders: tuple[Path, Path],
) -> None:
    assert [file.parent.parent.name for file in cached_files()] == ["files", "user"]
    assert size_of_cache() == clean_cache() == 10
    assert cached_files() == []
    assert len([file for folder in folders for file in folder.rglob("*.*")]) == 4


def test_the_folder_of_the_user_follows_the_settings_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert tmp_path in cache_folders()[1].parents


def test_the_machine_code_of_a_compiled_function_is_found() -> None:
    from neucocore.data.embeddings.csv_kernel import __file__ as kernel
    from neucocore.runtime.compiled import SUFFIX

    assert SUFFIX == cache.SUFFIX
    assert cache.PACKAGE in Path(kernel).parents
