"""Trials: files that people have, on the real command line (see docs/reliability.md)."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from neucocore.cli import main


@dataclass
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def neuco(monkeypatch, capsys) -> Callable[..., Ended]:
    """Run the command line in this process."""

    def run(*words: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["neuco", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        captured = capsys.readouterr()
        return Ended(int(end.value.code or 0), captured.out, captured.err)

    return run


@pytest.fixture
def write_csv(tmp_path) -> Callable[..., Path]:
    """Write a CSV file below the temporary folder."""

    def write(name: str, header: Sequence[object], rows: Iterable[Sequence[object]]) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(rows)
        return path

    return write
