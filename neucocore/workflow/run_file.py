"""A run file: the whole workflow of a benchmark in one YAML file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from neucocore.evaluation.protocols import DEFAULT_PROTOCOL
from neucocore.files.yaml_document import Document, load_yaml

KEYS = (
    "name", "dataset", "encoders", "embeddings", "tasks", "dimension", "protocol", "where",
    "groups", "probe", "metric", "phase", "labels", "output", "jobs", "exclude", "skip_bad",
    "missing_chunks", "nan", "allow_missing",
)  # fmt: skip
DATASET_KEYS = ("name", "path", "set")
RESERVED_ENCODER_KEYS = ("name", "as", "set")


@dataclass(frozen=True, slots=True)
class EncoderEntry:
    """One encoder of a run file: its name, its parameters, and the method's name if given."""

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    method: str | None = None


@dataclass(frozen=True, slots=True)
class RunFile:
    """A run file with its paths resolved; the keys mean what the options of the commands mean."""

    file: Path
    name: str
    dataset: str | None
    data: Path | None
    dataset_settings: Mapping[str, Any]
    encoders: tuple[EncoderEntry, ...]
    embeddings: tuple[Path, ...]
    tasks: tuple[str, ...]
    labels: Path | None
    protocols: tuple[str, ...]
    output: Path
    dimension: int | None = None
    where: str | None = None
    groups: str | None = None
    probe: str | Mapping[str, Any] | None = None
    metric: str | None = None
    phase: str | None = None
    jobs: int = 1
    exclude: Path | None = None
    skip_bad: bool = False
    missing_chunks: str = "error"
    nan: str = "error"
    allow_missing: bool = False


def read_run_file(path: Path, output: Path | None = None) -> RunFile:
    """Read and check a run file; all its problems come in one `ConfigError`."""
    document = load_yaml(path)
    return _Reader(document, output).run_file()


class _Reader:
    """Collects the problems of a document while turning it into a `RunFile`."""

    def __init__(self, document: Document, output: Path | None) -> None:
        self.document = document
        self.base = document.file.resolve().parent
        self.output = output
        self.problems: list[str] = []
        self.top: dict[str, Any] = {}

    def run_file(self) -> RunFile:
        document = self.document
        if isinstance(document.value, dict):
            self.top = document.value
        else:
            document.raise_for_problems(
                [f"{document.file}: a run file is a mapping of keys such as dataset and encoders"],
                hint="see docs/run-files.md",
            )
        self.problems += document.unknown_keys(self.top, KEYS)
        dataset, data, settings = self._dataset()
        run = RunFile(
            file=document.file,
            name=self._of("name", str, document.file.stem),
            dataset=dataset,
            data=data,
            dataset_settings=settings,
            encoders=self._encoders(),
            embeddings=self._embeddings(),
            tasks=self._texts("tasks"),
            labels=self._path("labels"),
            protocols=self._texts("protocol") or (DEFAULT_PROTOCOL,),
            output=self.output or self._path("output") or self.base / "results",
            dimension=self._of("dimension", int, None),
            where=self._of("where", str, None),
            groups=self._groups(),
            probe=self._probe(),
            metric=self._of("metric", str, None),
            phase=self._of("phase", str, None),
            jobs=self._of("jobs", int, 1),
            exclude=self._path("exclude"),
            skip_bad=self._of("skip_bad", bool, False),
            missing_chunks=self._choice("missing_chunks", ("error", "warn", "fill")),
            nan=self._choice("nan", ("error", "zero")),
            allow_missing=self._of("allow_missing", bool, False),
        )
        self._check_whole(run)
        document.raise_for_problems(self.problems, hint="docs/run-files.md shows every key")
        return run

    def _check_whole(self, run: RunFile) -> None:
        file = self.document.file
        if not self.top.get("encoders") and not self.top.get("embeddings"):
            self.problems.append(f"{file}: neither encoders nor embeddings are named")
        if run.encoders and run.dataset is None and "dataset" not in self.top:
            self.problems.append(f"{file}: encoders need a dataset")
        if run.labels is None and run.dataset is None and "dataset" not in self.top:
            self.problems.append(f"{file}: without a dataset, labels must name a folder")
        for key, value in (("dimension", run.dimension), ("jobs", run.jobs)):
            if value is not None and value < 1:
                self._problem(f"{key} must be at least 1, found {value}", key)

    def _problem(self, text: str, *path: str | int) -> None:
        self.problems.append(f"{self.document.place(*path)}: {text}")

    def _of(self, key: str, kind: type, default: Any) -> Any:
        value = self.top.get(key)
        if value is None:
            return default
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self._problem(f"{key} must be of type {kind.__name__}, found {value!r}", key)
            return default
        return value

    def _choice(self, key: str, choices: tuple[str, ...]) -> str:
        value: str = self._of(key, str, choices[0])
        if value not in choices:
            self._problem(f"{key} must be one of {', '.join(choices)}, found {value!r}", key)
            return choices[0]
        return value

    def _texts(self, key: str) -> tuple[str, ...]:
        value = self.top.get(key)
        if value is None:
            return ()
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, list) or not all(isinstance(item, str) for item in values):
            self._problem(f"{key} must be a name or a list of names, found {value!r}", key)
            return ()
        return tuple(values)

    def _path(self, key: str) -> Path | None:
        value = self._of(key, str, None)
        return None if value is None else self.base / Path(value).expanduser()

    def _groups(self) -> str | None:
        value = self._of("groups", str, None)
        if value is None:
            return None
        name, _, column = value.rpartition(":")
        if not name or not column:
            self._problem(f"groups must be FILE:COLUMN, found {value!r}", "groups")
            return None
        return f"{self.base / Path(name).expanduser()}:{column}"

    def _probe(self) -> str | Mapping[str, Any] | None:
        value = self.top.get("probe")
        named = value.get("name") if isinstance(value, dict) else value
        if value is not None and not isinstance(named, str):
            self._problem(
                f"probe must be a name, or a mapping of name and parameters, found {value!r}",
                "probe",
            )
            return None
        return value

    def _dataset(self) -> tuple[str | None, Path | None, Mapping[str, Any]]:
        value = self.top.get("dataset")
        if value is None:
            return None, None, {}
        if not isinstance(value, dict):
            self._problem("dataset must be a mapping with name and path", "dataset")
            return None, None, {}
        self.problems += self.document.unknown_keys(value, DATASET_KEYS, "dataset")
        for key in ("name", "path"):
            if not isinstance(value.get(key), str):
                self._problem(f"dataset.{key} is missing or not a text", "dataset")
        settings = value.get("set") or {}
        if not isinstance(settings, dict):
            self._problem("dataset.set must be a mapping of parameters", "dataset", "set")
            settings = {}
        name, path = value.get("name"), value.get("path")
        return (
            name,
            self.base / Path(path).expanduser() if isinstance(path, str) else None,
            settings,
        )

    def _encoders(self) -> tuple[EncoderEntry, ...]:
        value = self.top.get("encoders") or []
        if not isinstance(value, list):
            self._problem("encoders must be a list of names or mappings with a name", "encoders")
            return ()
        entries = []
        for index, item in enumerate(value):
            if isinstance(item, str):
                entries.append(EncoderEntry(item))
            elif isinstance(item, dict) and isinstance(item.get("name"), str):
                entries.append(self._encoder(item, index))
            else:
                self._problem(f"{item!r} is not an encoder's name", "encoders", index)
        return tuple(entries)

    def _encoder(self, item: dict[str, Any], index: int) -> EncoderEntry:
        nested = item.get("set") or {}
        if not isinstance(nested, dict):
            self._problem("set must be a mapping of parameters", "encoders", index, "set")
            nested = {}
        method = item.get("as")
        if method is not None and not isinstance(method, str):
            self._problem("as must be a method name", "encoders", index, "as")
            method = None
        direct = {key: val for key, val in item.items() if key not in RESERVED_ENCODER_KEYS}
        return EncoderEntry(item["name"], {**nested, **direct}, method)

    def _embeddings(self) -> tuple[Path, ...]:
        paths: list[Path] = []
        for pattern in self._texts("embeddings"):
            whole = Path(pattern).expanduser()
            root, tail = (
                (Path(whole.anchor), str(whole.relative_to(whole.anchor)))
                if (whole.is_absolute())
                else (self.base, pattern)
            )
            found = sorted(root.glob(tail))
            # A sidecar beside an embeddings file is not an embeddings file.
            found = [path for path in found if not path.name.endswith(".run.json")]
            if not found:
                self._problem(f"embeddings {pattern!r} matches no file", "embeddings")
            paths += found
        return tuple(dict.fromkeys(paths))
