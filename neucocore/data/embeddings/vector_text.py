"""Vectors that are written as text in one cell, and what else a cell of text may be."""

from __future__ import annotations

import re
from collections.abc import Iterable

from neucocore.data.embeddings.layouts import Column, ColumnKind

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_ONE_NUMBER = re.compile(rf"{_NUMBER}|[-+]?(?:nan|inf|infinity)", re.IGNORECASE | re.ASCII)
_OPENED_BY_NUMPY = re.compile(r"(?:np\.|numpy\.)?(?:array|tensor)\(|[\[({]\s*[-+.\d\[]", re.ASCII)
_SEVERAL_NUMBERS = re.compile(rf"{_NUMBER}(?:[\s;|]+{_NUMBER})+", re.ASCII)
_NESTED = re.compile(r"\[\s*\[")
_DICT = re.compile(r"\{\s*[^:{}\[\]]{1,80}:\s*[-+.\d\[]")
_ELLIPSIS = ("...", "\u2026")


def kind_of_cell(text: str) -> ColumnKind | None:
    """Return what a cell of text holds; None if it is empty."""
    text = text.strip()
    if not text:
        return None
    if _ONE_NUMBER.fullmatch(text):
        return "number"
    if numbers_of_list(text) is not None:
        return "text-list"
    if _DICT.match(text):
        return "nested"
    if _NESTED.match(text) and not any(sign in text for sign in _ELLIPSIS):
        return "nested"
    if _OPENED_BY_NUMPY.match(text) or _SEVERAL_NUMBERS.fullmatch(text):
        return "text-vector"
    return "text"


def column_of_cells(name: str, cells: Iterable[str], stored: str = "") -> Column:
    """Return a column of text; its kind is that of the first cell that is not empty."""
    for cell in cells:
        kind = kind_of_cell(cell)
        if kind is not None:
            numbers = numbers_of_list(cell)
            if kind == "nested" and cell.lstrip().startswith("{"):
                stored = "dict"
            return Column(name, kind, stored, None if numbers is None else len(numbers))
    return Column(name, None, stored)


def numbers_of_list(cell: str) -> list[str] | None:
    """Return the cells of a JSON list of numbers, each still text; None for any other text.

    NaN, Infinity and null are not JSON numbers, but programs write them; they are kept, and
    counted as bad cells by the reader.
    """
    text = cell.strip()
    if not (text.startswith("[") and text.endswith("]")):
        return None
    parts = [part.strip() for part in text[1:-1].split(",")]
    if parts == [""]:
        return []
    if not all(part == "null" or _ONE_NUMBER.fullmatch(part) for part in parts):
        return None
    return ["" if part == "null" else part for part in parts]
