from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from neucocore.components.discovery import forget
from neucocore.provenance.freeze import requirement_lines

ORIGINS = {
    "released": None,
    "wheel": {"url": "file:///a/wheel-1.0-py3-none-any.whl", "archive_info": {}},
    "commit": {"url": "https://x.org/r.git", "vcs_info": {"vcs": "git", "commit_id": "abc"}},
    "editable": {"url": "file:///a/b", "dir_info": {"editable": True}},
}
LINES = {
    "released": "neuco-plugin-released==1.0",
    "wheel": "neuco-plugin-wheel @ file:///a/wheel-1.0-py3-none-any.whl  # 1.0",
    "commit": "neuco-plugin-commit @ git+https://x.org/r.git@abc",
    "editable": "-e file:///a/b  # neuco-plugin-editable 1.0",
}


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Install a plugin of every origin; none of them can be imported."""
    for name, origin in ORIGINS.items():
        folder = tmp_path / f"neuco_plugin_{name}-1.0.dist-info"
        folder.mkdir()
        text = f"Metadata-Version: 2.1\nName: neuco-plugin-{name}\nVersion: 1.0\n"
        (folder / "METADATA").write_text(text)
        (folder / "entry_points.txt").write_text(f"[neuco.plugins]\n{name} = not.there\n")
        if origin is not None:
            (folder / "direct_url.json").write_text(json.dumps(origin))
    monkeypatch.syspath_prepend(str(tmp_path))
    forget()
    yield
    forget()


@pytest.mark.usefixtures("installed")
def test_every_plugin_is_listed_with_its_origin() -> None:
    lines = requirement_lines()
    assert "neucocore" in lines[0]
    assert set(LINES.values()) <= set(lines)
