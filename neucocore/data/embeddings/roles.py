"""What each column of a table of embeddings is: id, vector, or metadata.

The one rule for all formats. It depends on the names and types of the columns:

* The id is the column ``--id``, else ``id``, else the id column of a known product.
* The vector is what ``--vector`` names, else the list column of a known layout or name, else the
  only list column of a table without numbered columns, else one complete run of numbered columns,
  ``0..d-1`` or ``1..d``, with one stem (``0, 1``, ``A00, A01``, ``embedding_0, embedding_1``).
* All other columns are metadata, never dimensions.

Everything else is refused with the option to paste. The only look at values comes after this rule:
a dimension that holds exactly the row numbers is refused, and no hint suggests such a column (see
`neucocore.data.embeddings.row_numbers`).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from itertools import islice

from neucocore.data.embeddings.layouts import (
    LISTS,
    METADATA_LISTS,
    VECTOR_NAMES,
    Column,
    Layout,
    find_layout,
)
from neucocore.data.embeddings.numbered_columns import (
    PANDAS_INDEX,
    check_numbering,
    literal_pattern,
    natural_order,
    shares_stem,
    split_number,
)
from neucocore.data.embeddings.table import ReadOptions
from neucocore.data.ids import ID, PRODUCT_ID_COLUMNS, no_id_column
from neucocore.files.findings import Finding
from neucocore.messages import did_you_mean, pluralize

NAMES_SHOWN = 12
PASTED_NAMES = 24
_LABEL_LIKE = re.compile(
    r"(id|index|label|class|target|lon|lat|lng|longitude|latitude|year|fold|split|group|"
    r"height|width|date|time|month|day)s?(_.*)?",
    re.IGNORECASE,
)
CONVERT_TEXT = (
    "store the numbers in columns 0..d-1: pandas.DataFrame(numpy.stack(vectors)).assign(id=ids)"
    ".to_csv(path, index=False), or in an npz file with numpy.savez(path, ids=ids, matrix=vectors)"
)


@dataclass(frozen=True)
class Roles:
    """What the columns of a table are.

    Attributes
    ----------
    count
        Number of columns in the file.
    id
        Position of the id column, or None.
    vector
        Position of the column that holds one list per row; None for one column per dimension.
    dimensions
        Position of the column of each dimension; empty if `vector` is not None.
    names
        Name of the column of each dimension.
    metadata
        Positions of all other columns.
    layout
        The known layout that the table has, or None.
    findings
        Problems, warnings and repairs.
    """

    count: int
    id: int | None
    vector: int | None
    dimensions: tuple[int, ...]
    names: tuple[str, ...]
    metadata: tuple[int, ...] = ()
    layout: Layout | None = None
    findings: list[Finding] = field(default_factory=list)

    @property
    def has_vectors(self) -> bool:
        """Whether there is anything to read."""
        return self.vector is not None or bool(self.dimensions)

    def note(self, columns: Sequence[Column], dimension: int) -> list[Finding]:
        """Return the one line about layout, id and metadata; none for ``id,0,1,...`` alone.

        Parameters
        ----------
        columns
            All columns of the table.
        dimension
            Number of dimensions that were read.
        """
        if not self.has_vectors or self.id is None:
            return []
        names = [columns[position].name for position in self.metadata]
        id_name = columns[self.id].name
        parts = []
        if self.layout is not None or id_name not in (ID, f"{ID}s"):
            parts.append(f"id from {id_name!r}, {pluralize(dimension, 'dimension')}")
            if self.vector is not None:
                parts[-1] += f" from {columns[self.vector].name!r}"
        if names:
            shown = ", ".join(map(repr, names[:NAMES_SHOWN]))
            more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
            count = pluralize(len(names), "metadata column")
            parts.append(f"{count} (not read as dimensions): {shown}{more}")
        if not parts:
            return []
        title = "" if self.layout is None else f"read as {self.layout.title(dimension)}: "
        code = "metadata-columns" if names else "layout"
        return [Finding(code, "note", title + ", ".join(parts))]


def assign_roles(
    columns: Sequence[Column],
    options: ReadOptions,
    find_row_numbers: Callable[[], Collection[int]] = frozenset,
) -> Roles:
    """Decide what each column of a table is.

    Parameters
    ----------
    columns
        Names and kinds in the order of the file.
    options
        The columns that the user named, and how strictly to read.
    find_row_numbers
        Returns the positions of the columns that hold the row numbers. It looks at all values, so
        it is called only where the table is refused, to leave these columns out of the hint.

    Returns
    -------
    Roles
        With errors in its findings where the table is refused.
    """
    if options.lenient and options.vector is None:
        return _lenient_roles(columns, options)
    table = _Table(columns, options, find_row_numbers)
    table.choose_id()
    if options.vector is None:
        table.choose_vector()
    else:
        table.use_named_vector(options.vector)
    return table.roles()


class _Table:
    """The columns of a table while their roles are decided."""

    def __init__(
        self,
        columns: Sequence[Column],
        options: ReadOptions,
        find_row_numbers: Callable[[], Collection[int]] = frozenset,
    ) -> None:
        self.find_row_numbers = find_row_numbers
        self.columns = columns
        self.options = options
        self.findings = _repeated(columns, options)
        self.positions: dict[str, int] = {}
        for position, column in enumerate(columns):
            self.positions.setdefault(column.name, position)
        self.layout = find_layout(columns)
        self.id: int | None = None
        self.vector: int | None = None
        self.dimensions: list[int] = []

    def roles(self) -> Roles:
        used = {self.id, self.vector, *self.dimensions}
        return Roles(
            len(self.columns),
            self.id,
            self.vector,
            tuple(self.dimensions),
            tuple(self.columns[position].name for position in self.dimensions),
            tuple(p for p in range(len(self.columns)) if p not in used),
            self.layout,
            self.findings,
        )

    def refuse(self, code: str, message: str, hint: str, names: Iterable[str] = ()) -> None:
        shown = tuple(map(repr, names))
        self.findings.append(Finding(code, "error", message, max(1, len(shown)), shown[:3], hint))

    def choose_id(self) -> None:
        names = [column.name for column in self.columns]
        if self.options.id is not None:
            self.id = self.positions.get(self.options.id)
            if self.id is None:
                hint = did_you_mean(self.options.id, names) or f"columns: {_shown(names)}"
                self.refuse("no-id-column", f"no column {self.options.id!r} for the ids", hint)
            self._check_id()
            return
        candidates = [ID] if ID in self.positions else []
        if not candidates and self.layout is not None:
            candidates = [self.layout.id]
        if not candidates:
            candidates = [name for name in PRODUCT_ID_COLUMNS if name in self.positions]
        if len(candidates) == 1:
            self.id = self.positions[candidates[0]]
            self._check_id()
        elif candidates:
            message = f"several columns may hold the ids: {_shown(candidates)}"
            self.refuse("no-id-column", message, f"--id {shlex.quote(candidates[0])}")
        else:
            finding = no_id_column(names)
            text = [c.name for c in self.columns if c.kind == "text" and c.name]
            hint = f"--id {shlex.quote(text[0])}" if len(text) == 1 else "--id COLUMN"
            hint += "; or rename the column that holds the ids to 'id'"
            self.refuse(finding.code, finding.message, hint)

    def _check_id(self) -> None:
        column = None if self.id is None else self.columns[self.id]
        if column is not None and column.kind in (*LISTS, "nested", "text-vector"):
            message = f"column {column.name!r} holds lists, not ids"
            self.refuse("no-id-column", message, "--id COLUMN, a column with one id per row")

    def others(self, *kinds: str | None) -> list[int]:
        """Return the positions of the columns of some kinds, without the id."""
        return [
            position
            for position in self.positions.values()
            if position != self.id and self.columns[position].kind in kinds
        ]

    def choose_vector(self) -> None:
        lists = [p for p in self.others(*LISTS) if self.columns[p].name not in METADATA_LISTS]
        of_layout = [] if self.layout is None else list(self.layout.vectors)
        for names in (of_layout, VECTOR_NAMES):
            named = [p for p in lists if self.columns[p].name in names]
            if len(named) == 1:
                self.vector = named[0]
                return
        runs = self._runs()
        if lists:  # a single number such as that of `year_2020` is no run
            runs = {s: run for s, run in runs.items() if len(run) > 1 or self._number(run[0]) <= 1}
        if len(lists) == 1 and not runs:
            self.vector = lists[0]
        elif lists:
            names = self._names(lists)
            beside = ", ".join(self._run_text(run) for run in islice(runs.values(), 2))
            beside = f", and numbered columns {beside}" if runs else ""
            options_of = {name: f"--vector {shlex.quote(name)}" for name in names[:3]}
            options_of |= {stem: self._paste(stem, runs[stem]) for stem in islice(runs, 1)}
            likely = sorted(options_of, key=lambda name: _LABEL_LIKE.fullmatch(name) is not None)
            options = [options_of[name] for name in likely]
            self.refuse(
                "several-vectors",
                f"several columns may hold the vectors: {_shown(names)}{beside}",
                " or ".join(options),
            )
        elif runs:
            self._choose_run(runs)
        elif not self._refuse_unreadable():
            self._refuse_without_stem()

    def _runs(self) -> dict[str, list[int]]:
        """Return the numbered columns by stem, as positions; numbers only, where that is known."""
        runs: dict[str, list[int]] = {}
        for position in self.positions.values():
            parts = split_number(self.columns[position].name)
            if parts is not None and position != self.id:
                runs.setdefault(parts[0], []).append(position)
        readable = {
            stem: positions
            for stem, positions in runs.items()
            if any(self.columns[p].kind in ("number", None) for p in positions)
        }
        return readable or {stem: runs[stem] for stem in runs if stem == ""}

    def _choose_run(self, runs: dict[str, list[int]]) -> None:
        if self.layout is not None and self.layout.stem in runs:
            runs = {self.layout.stem: runs[self.layout.stem]}
        # A single number such as that of `year_2020` makes no run next to one.
        numbers = {stem: [self._number(p) for p in runs[stem]] for stem in runs}
        longer = {stem: runs[stem] for stem in runs if len(runs[stem]) > 1}
        if longer:
            runs = longer | {s: runs[s] for s in runs if s not in longer and numbers[s][0] <= 1}
        elif not self._is_one_dimension(runs):
            self._refuse_without_stem()
            return
        if len(runs) > 1:
            self._refuse_several_runs(runs)
            return
        ((stem, positions),) = runs.items()
        others = [
            position
            for position in self.others("number", None)
            if position not in positions and shares_stem(self.columns[position].name, stem)
        ]
        ordered = sorted(positions, key=self._number)
        if others:
            shown = _shown(self._names(others))
            message = f"columns named like the dimensions {self._run_text(ordered)}"
            complete = not check_numbering([self._number(p) for p in ordered])
            paste = self._paste(stem, ordered if complete else [*ordered, *others])
            self.refuse("shared-stem", f"{message}, but without a number: {shown}", paste)
        numbering = check_numbering([self._number(p) for p in ordered])
        for finding in numbering:
            hint = finding.hint or self._paste(stem, [*ordered, *others])
            self.findings.append(replace(finding, hint=hint))
        if ordered != positions and not numbering:
            message = "columns sorted by their number"
            self.findings.append(Finding("shuffled-columns", "repaired", message))
        self._check_numbers(ordered)
        self.dimensions = ordered

    def _is_one_dimension(self, runs: dict[str, list[int]]) -> bool:
        """Whether the only numbered column is an embedding of one dimension."""
        if len(runs) != 1:
            return False
        ((stem, (position,)),) = runs.items()
        only_number = self.others("number", None) in ([position], [])
        return stem == "" or (only_number and self._number(position) <= 1)

    def _refuse_several_runs(self, runs: dict[str, list[int]]) -> None:
        texts = [self._run_text(run) for run in runs.values()]
        complete = [
            stem
            for stem, run in runs.items()
            if not check_numbering(sorted(self._number(position) for position in run))
        ]
        stems = sorted(
            complete or runs,
            key=lambda stem: _LABEL_LIKE.fullmatch(f"{stem}0") is not None,
        )
        options = [self._paste(stem, runs[stem]) for stem in stems]
        self.refuse(
            "several-runs",
            f"several runs of numbered columns: {'; '.join(texts[:NAMES_SHOWN])}",
            " or ".join(options[:3]),
        )

    def _run_text(self, positions: Sequence[int]) -> str:
        names = self._names(sorted(positions, key=self._number))
        return names[0] if len(names) == 1 else f"{names[0]}..{names[-1]}"

    def _paste(self, stem: str, positions: Sequence[int]) -> str:
        """Return the option that selects some columns of a stem."""
        pattern = f"{literal_pattern(stem)}*" if stem else "[0-9]*"
        if set(self._matching(pattern)) == set(positions):
            return f"--vector {shlex.quote(pattern)}"
        return f"--vector {_pasted(self._names(positions))}"

    def _check_numbers(self, positions: Sequence[int]) -> None:
        texts = [p for p in positions if self.columns[p].type and self.columns[p].kind != "number"]
        if texts:
            shown = tuple(f"{self.columns[p].name!r} ({self.columns[p].type})" for p in texts[:3])
            hint = "store numbers in these columns, or name the columns with --vector"
            self.findings.append(
                Finding("text-columns", "error", "column is not numeric", len(texts), shown, hint)
            )

    def _refuse_unreadable(self) -> bool:
        """Refuse vectors that are text, bytes or nested; return whether there are any."""
        for position in self.others("text-vector", "binary", "nested"):
            column = self.columns[position]
            alone = len(self.others("text-vector")) == 1 and column.kind == "text-vector"
            if column.name not in VECTOR_NAMES and not alone:
                continue
            self._refuse_column(column)
            return True
        return False

    def _refuse_column(self, column: Column) -> None:
        if column.kind == "text-vector":
            message = f"the vector is text in one cell of column {column.name!r}"
            self.refuse("vector-as-text", message, CONVERT_TEXT)
        elif column.kind == "nested" and column.type.startswith(("struct", "map", "dict")):
            kind = column.type.partition("<")[0]
            message = f"column {column.name!r} is a {kind}; a list of numbers is needed"
            hint = "store the values of each row as a list, in the same order for all rows"
            self.refuse("nested-vector", message, hint)
        elif column.kind == "nested":
            message = f"column {column.name!r} is a {column.type or 'list'}, not a list of numbers"
            self.refuse("nested-vector", message, "pool patch embeddings to one vector per sample")
        elif column.kind == "binary":
            message = f"column {column.name!r} holds bytes, whose type of number is unknown"
            hint = "store lists of numbers: numpy.frombuffer(cell, TYPE).tolist()"
            self.refuse("binary-vector", message, hint)
        else:
            message = f"column {column.name!r} holds no numbers, but {column.kind or 'text'}"
            self.refuse("text-vector", message, "name columns of numbers with --vector")

    def _refuse_without_stem(self) -> None:
        numeric = self.others("number", None)
        row_numbers = self.find_row_numbers() if len(numeric) > 1 else ()
        likely = [p for p in numeric if not _LABEL_LIKE.fullmatch(self.columns[p].name)]
        likely = [
            p
            for p in likely
            if self.columns[p].name
            and not PANDAS_INDEX.fullmatch(self.columns[p].name)
            and p not in row_numbers
        ]
        if not likely and self._refuse_named_like_a_vector():
            return
        if not likely:
            hint = "write one column of numbers per dimension, named 0..d-1"
            if numeric:
                hint += "; a table of labels or places is passed with --labels"
            only = f", only {_shown(self._names(numeric))}" if numeric else ""
            self.refuse("no-dimensions", f"no embedding columns{only}", hint)
            return
        self.refuse(
            "no-numbered-columns",
            "no list column and no numbered columns, so it is unclear which columns are the "
            f"dimensions: {_shown(self._names(numeric))}",
            f"--vector {_pasted(self._names(likely))}",
        )

    def _refuse_named_like_a_vector(self) -> bool:
        """Refuse a column that seems to be the vector but cannot be read; return whether it is."""
        nested = self.others("nested")
        named = [p for p in self.others("text", "nested") if self.columns[p].name in VECTOR_NAMES]
        if not named and len(nested) == 1 and self.columns[nested[0]].name not in METADATA_LISTS:
            named = nested
        if named:
            self._refuse_column(self.columns[named[0]])
        return bool(named)

    def use_named_vector(self, text: str) -> None:
        """Take the columns that ``--vector`` names."""
        chosen: list[int] = []
        parts = [text] if text in self.positions else [part.strip() for part in text.split(",")]
        for part in parts:
            found = self._matching(part)
            if not found:
                names = [column.name for column in self.columns]
                hint = did_you_mean(part, names) or f"columns: {_shown(names)}"
                self.refuse("no-vector-column", f"--vector {part}: no such column", hint)
            chosen.extend(position for position in found if position not in chosen)
        lists = [p for p in chosen if self.columns[p].kind not in ("number", None)]
        if len(chosen) == 1 and lists and self.columns[chosen[0]].kind in LISTS:
            self.vector = chosen[0]
        elif lists and self.columns[lists[0]].kind in LISTS:
            message = f"--vector {text} selects a list column and other columns"
            self.refuse("several-vectors", message, f"--vector {self.columns[lists[0]].name}")
        elif lists:
            self._refuse_column(self.columns[lists[0]])
        else:
            self.dimensions = chosen

    def _matching(self, part: str) -> list[int]:
        if part in self.positions:
            return [self.positions[part]]
        candidates = [*self.others("number", None), *self.others(*LISTS)]
        matches = [p for p in candidates if fnmatchcase(self.columns[p].name, part)]
        return sorted(matches, key=lambda p: natural_order(self.columns[p].name))

    def _number(self, position: int) -> int:
        parts = split_number(self.columns[position].name)
        return -1 if parts is None else parts[1]

    def _names(self, positions: Iterable[int]) -> list[str]:
        return [self.columns[position].name for position in positions]


def _lenient_roles(columns: Sequence[Column], options: ReadOptions) -> Roles:
    """As NeuCo-Bench: the columns whose name is a number, else all columns except the id."""
    table = _Table(columns, options)
    table.choose_id()
    lists = table.others(*LISTS)
    if lists:
        table.choose_vector()
        return table.roles()
    rest = [position for position in table.positions.values() if position != table.id]
    digits = [p for p in rest if (split_number(columns[p].name) or ("x",))[0] == ""]
    ordered = sorted(digits, key=table._number)
    if ordered != digits:
        table.findings.append(
            Finding("shuffled-columns", "repaired", "columns sorted by their number")
        )
    table.dimensions = ordered or rest
    if not table.dimensions:
        table.findings.append(Finding("no-dimensions", "error", "no embedding columns"))
    table._check_numbers(table.dimensions)
    return table.roles()


def _repeated(columns: Sequence[Column], options: ReadOptions) -> list[Finding]:
    seen: set[str] = set()
    repeated = [c.name for c in columns if c.name in seen or seen.add(c.name)]  # type: ignore[func-returns-value]
    if not repeated:
        return []
    level, message = options.duplicate_columns_level, "column name occurs more than once"
    examples = tuple(map(repr, repeated[:3]))
    hint = "rename the columns so that each name occurs once"
    return [Finding("duplicate-columns", level, message, len(repeated), examples, hint)]


def _pasted(names: Sequence[str]) -> str:
    """Return the value of ``--vector`` that selects columns: their names, or their prefixes."""
    if len(names) > PASTED_NAMES:
        prefixes = list(dict.fromkeys(re.split(r"[0-9]", name)[0] for name in names))
        if all(prefixes) and len(prefixes) <= NAMES_SHOWN:
            return shlex.quote(",".join(f"{prefix}*" for prefix in prefixes))
    return shlex.quote(",".join(names))


def _shown(names: Sequence[str]) -> str:
    more = f", ... ({len(names)} columns)" if len(names) > NAMES_SHOWN else ""
    return ", ".join(map(repr, names[:NAMES_SHOWN])) + more
