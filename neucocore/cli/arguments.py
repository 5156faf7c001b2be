"""The words of a command line before typer reads them.

Global options are accepted after the command too, and NeuCo-Bench's option names are replaced by
the names they have here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from neucocore.errors import ConfigError

FLAGS = frozenset({"--debug", "--verbose", "-v", "--quiet", "-q"})
WITH_VALUE = frozenset({"--plugin-path"})

NEUCOBENCH_OPTIONS: Mapping[str, str] = {
    "--submission_file": "",
    "--annotation_path": "--labels",
    "--output_dir": "--output",
    "--method_name": "--method",
    "--exclude_file": "--exclude-file",
}
"""NeuCo-Bench's options of ``evaluate``; the empty name stands for the argument EMBEDDINGS."""


def reorder(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the words in the order typer expects, and what to tell the user.

    Parameters
    ----------
    words
        The command line without the program's name.

    Raises
    ------
    ConfigError
        A word is empty, which a path or a name cannot be.
    """
    _check_not_empty(words)
    before: list[str] = []
    after: list[str] = []
    notes: list[str] = []
    rest = iter(words)
    command = ""
    for word in rest:
        name, separator, _ = word.partition("=")
        if word == "--":
            after += [word, *rest]
        elif word in FLAGS:
            before.append(word)
        elif name in WITH_VALUE:
            before += [word] if separator else [word, *_next(rest)]
        elif command == "evaluate" and name in NEUCOBENCH_OPTIONS:
            after += _translated(word, notes)
        else:
            command = command or ("" if word.startswith("-") else word)
            after.append(word)
    return [*before, *after], notes


def _check_not_empty(words: Sequence[str]) -> None:
    """Check that no word is empty: an empty path would mean the working folder."""
    for number, word in enumerate(words):
        name, separator, value = word.partition("=")
        if not word:
            where = f"after {words[number - 1]}" if number else "in first place"
        elif word.startswith("--") and separator and not value:
            where = f"in {name}="
        else:
            continue
        raise ConfigError(
            f"the command line has an empty argument {where}",
            hint="a variable of the shell may be unset; leave the option out for its default",
        )


def _next(words: object) -> list[str]:
    word = next(words, None)  # type: ignore[call-overload]
    return [] if word is None else [str(word)]


def _translated(word: str, notes: list[str]) -> list[str]:
    name, separator, value = word.partition("=")
    new = NEUCOBENCH_OPTIONS[name]
    notes.append(f"{name} is NeuCo-Bench's name; here it is {new or 'the argument EMBEDDINGS'}")
    if not new:
        return [value] if separator else []
    return [f"{new}={value}"] if separator else [new]
