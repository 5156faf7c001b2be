"""A run file: the whole workflow of a benchmark in one YAML file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from neucocore.encoding.options import EncodeOptions
from neucocore.errors import ConfigError
from neucocore.evaluation.options import EvaluateOptions
from neucocore.evaluation.split_rule import parse_split
from neucocore.files.yaml_document import Document, load_yaml
from neucocore.options import DeclaredOption, coerce, declared_options, option_problem
from neucocore.workflow.options import RunOptions

OWN_KEYS = ("name", "dataset", "encoders", "embeddings", "labels", "output")
RENAMED_KEYS = {"where": "subset", "groups": "split", "exclude": "exclude_file"}
EXAMPLE = "encoders: [mean]\ndataset: {name: folder, path: DIR}"


def _option_keys() -> dict[str, tuple[DeclaredOption, tuple[str, ...]]]:
    """Return the options that a run file can set, each with the commands that have it."""
    keys: dict[str, tuple[DeclaredOption, tuple[str, ...]]] = {}
    for command, options_class in (("encode", EncodeOptions), ("evaluate", EvaluateOptions)):
        for declared in declared_options(options_class):
            if declared.option.run_file and not declared.option.argument:
                _, commands = keys.get(declared.name, (declared, ()))
                keys[declared.name] = (declared, (*commands, command))
    return keys


OPTIONS = _option_keys()
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
    """A run file, its paths resolved.

    Attributes
    ----------
    dataset, data, dataset_params
        Name, folder and parameters of the data set.
    labels
        Folder of label files; None for those of the data set.
    encode, evaluate
        Options of the two commands, by the names of their dataclasses' fields.
    notes
        What to tell the user, such as keys under an earlier name.
    """

    file: Path
    name: str
    dataset: str | None
    data: Path | None
    dataset_params: Mapping[str, Any]
    encoders: tuple[EncoderEntry, ...]
    embeddings: tuple[Path, ...]
    labels: Path | None
    output: Path
    encode: Mapping[str, Any] = field(default_factory=dict)
    evaluate: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_run_file(options: RunOptions) -> RunFile:
    """Read and check a run file; all its problems come in one `ConfigError`.

    Options of the command line take precedence over the file's keys, and these over the defaults.
    """
    document = load_yaml(Path(options.file))
    return _Reader(document, options).run_file()


class _Reader:
    """Collects the problems of a document while turning it into a `RunFile`."""

    def __init__(self, document: Document, options: RunOptions) -> None:
        self.document = document
        self.base = document.file.resolve().parent
        self.options = options
        self.problems: list[str] = []
        self.notes: list[str] = []
        self.top: dict[str, Any] = {}

    def run_file(self) -> RunFile:
        document = self.document
        if not isinstance(document.value, dict):
            document.raise_for_problems(
                [f"{document.file}: a run file is a mapping of keys such as dataset and encoders"],
                hint=f"a minimal run file:\n{EXAMPLE}",
            )
        self.top = self._renamed(document.value)
        known = (*OWN_KEYS, *OPTIONS)
        self.problems += document.unknown_keys(self.top, known)
        dataset, data, dataset_params = self._dataset()
        encode, evaluate = self._options()
        run = RunFile(
            file=document.file,
            name=self._text("name") or document.file.stem,
            dataset=dataset,
            data=data,
            dataset_params=dataset_params,
            encoders=self._encoders(),
            embeddings=self._embeddings(),
            labels=self._path("labels"),
            output=self._output(),
            encode=encode,
            evaluate=evaluate,
            notes=tuple(self.notes),
        )
        self._check_complete(run)
        document.raise_for_problems(
            self.problems, hint=f"the keys of a run file are {', '.join(known)}"
        )
        return run

    def _renamed(self, top: Mapping[str, Any]) -> dict[str, Any]:
        """Return the keys under their present names; files from before the renaming are read."""
        renamed = dict(top)
        for old, new in RENAMED_KEYS.items():
            if old in renamed:
                value = renamed.pop(old)
                if old == "groups" and isinstance(value, str):
                    value = f"group:{value}"
                renamed.setdefault(new, value)
                self.notes.append(f"{self.document.place(old)}: {old} is now called {new}")
        return renamed

    def _options(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the options of encode and evaluate that the file or the command line set."""
        encode: dict[str, Any] = {}
        evaluate: dict[str, Any] = {}
        for name, (declared, commands) in OPTIONS.items():
            value = self.top.get(name)
            if name == "jobs" and self.options.jobs is not None:
                value = self.options.jobs
            if value is None:
                continue
            if problem := option_problem(declared, value):
                self._problem(f"{name} must be {problem}, found {value!r}", name)
                continue
            if (
                name == "probe"
                and isinstance(value, dict)
                and not isinstance(value.get("name"), str)
            ):
                self._problem(f"probe must have a name, found {value!r}", name)
                continue
            if name == "split" and (problem := _split_problem(value)):
                self._problem(problem, name)
                continue
            value = self._resolved(declared, value)
            for command, values in (("encode", encode), ("evaluate", evaluate)):
                if command in commands:
                    values[name] = value
        for values in (encode, evaluate):
            values["force"] = self.options.force
        return encode, evaluate

    def _resolved(self, declared: DeclaredOption, value: Any) -> Any:
        """Return a value with the path in it relative to the run file."""
        if declared.is_path and isinstance(value, str):
            return self.base / Path(value).expanduser()
        if declared.name == "split" and value.count(":") > 1:
            rule, _, rest = value.partition(":")
            file, _, column = rest.rpartition(":")
            return f"{rule}:{self.base / Path(file).expanduser()}:{column}"
        return coerce(declared, value)

    def _output(self) -> Path:
        if self.options.output is not None:
            return Path(self.options.output)
        return self._path("output") or self.base / "results"

    def _check_complete(self, run: RunFile) -> None:
        file = self.document.file
        if not self.top.get("encoders") and not self.top.get("embeddings"):
            self.problems.append(f"{file}: name encoders, embeddings or both")
        if run.encoders and "dataset" not in self.top:
            self.problems.append(f"{file}: encoders need a dataset")
        if run.labels is None and "dataset" not in self.top:
            self.problems.append(f"{file}: name a folder of labels, or a dataset that has labels")

    def _problem(self, text: str, *path: str | int) -> None:
        self.problems.append(f"{self.document.place(*path)}: {text}")

    def _text(self, key: str) -> str | None:
        value = self.top.get(key)
        if value is None or isinstance(value, str):
            return value
        self._problem(f"{key} must be a text, found {value!r}", key)
        return None

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
        value = self._text(key)
        return None if value is None else self.base / Path(value).expanduser()

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
            file, separator, columns = tail.rpartition(":")
            if not found and separator and file:  # FILE:COLUMN
                found = [Path(f"{path}:{columns}") for path in sorted(root.glob(file))]
            # A sidecar beside an embeddings file is not an embeddings file.
            found = [path for path in found if not path.name.endswith(".run.json")]
            if not found:
                self._problem(f"embeddings {pattern!r} matches no file", "embeddings")
            paths += found
        return tuple(dict.fromkeys(paths))


def _split_problem(value: str) -> str:
    try:
        parse_split(value)
    except ConfigError as error:
        return f"{error.message.removeprefix('--')}; write {error.hint}".replace(
            "--split", "split:"
        )
    return ""
