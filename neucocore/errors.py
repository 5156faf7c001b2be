"""The exceptions of neuco, and the exit code of the command line for each.

::

    NeucoError                      1
    ├── ConfigError                 2   an invalid option, configuration or run file
    │   └── RegistryError           2   an invalid registry.yaml
    ├── ComponentLookupError        2   a name of no component, or of several
    │   ├── UnknownComponentError
    │   └── AmbiguousComponentError
    ├── PluginError                 3   a plugin that cannot be loaded
    │   ├── IncompatiblePluginError
    │   └── SpecError
    ├── ComponentLoadError          3   a factory that cannot be imported or called
    ├── ComponentOutputError        3   a component that raised, or returned an invalid result
    ├── DataError                   4   missing, broken or inconsistent input data
    │   ├── MissingFileError
    │   ├── ChecksumError
    │   ├── IdError
    │   ├── NonFiniteError
    │   ├── ShapeError
    │   ├── BudgetExceededError
    │   └── CorruptCubeError
    ├── ResultsError                4   a results folder that cannot be read
    └── RunError                    1   a run that failed in part or completely
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class NeucoError(Exception):
    """Base class of all exceptions that neuco raises.

    Parameters
    ----------
    message
        What was expected and what was found, in one sentence.
    problems
        One line per problem, if a file or run has several.
    hint
        How to continue: a command, or a statement.
    """

    exit_code = 1

    def __init__(
        self, message: str, *, problems: Sequence[str] = (), hint: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.problems = tuple(problems)
        self.hint = hint

    def __str__(self) -> str:
        lines = [self.message, *(f"  - {problem}" for problem in self.problems)]
        if self.hint:
            lines.append(f"Hint: {self.hint}")
        return "\n".join(lines)

    def __reduce__(self) -> tuple[object, ...]:
        # By default, pickling an exception on its way from a worker drops keyword arguments.
        return (_rebuild, (type(self), self.message, self.__dict__.copy()))


def _rebuild(kind: type[NeucoError], message: str, state: dict[str, object]) -> NeucoError:
    error = kind.__new__(kind)
    Exception.__init__(error, message)
    error.__dict__.update(state)
    return error


class ConfigError(NeucoError):
    """An invalid option, configuration file or run file."""

    exit_code = 2

    def __init__(
        self,
        message: str,
        *,
        file: str | Path | None = None,
        line: int | None = None,
        problems: Sequence[str] = (),
        hint: str | None = None,
    ) -> None:
        where = "" if file is None else f"{file}:{line}: " if line else f"{file}: "
        super().__init__(where + message, problems=problems, hint=hint)
        self.file = None if file is None else str(file)
        self.line = line


class ComponentLookupError(NeucoError):
    """A name that is not the name of exactly one component."""

    exit_code = 2


class UnknownComponentError(ComponentLookupError):
    """No installed plugin provides a component of this name."""


class AmbiguousComponentError(ComponentLookupError):
    """Several installed plugins provide a component of this name; use ``plugin/name``."""


class RegistryError(ConfigError):
    """The registry of known plugins (``registry.yaml``) is invalid."""


class PluginError(NeucoError):
    """A plugin that cannot be loaded."""

    exit_code = 3


class IncompatiblePluginError(PluginError):
    """A plugin that is written for another plugin API."""


class SpecError(PluginError):
    """A plugin with an invalid spec."""


class ComponentLoadError(NeucoError):
    """The factory of a component cannot be imported or called."""

    exit_code = 3


class ComponentOutputError(NeucoError):
    """A component raised an exception, or returned a result that its contract does not allow."""

    exit_code = 3


class DataError(NeucoError):
    """Input data that are missing, broken or inconsistent."""

    exit_code = 4


class MissingFileError(DataError):
    """A file or folder that does not exist."""


class ChecksumError(DataError):
    """A file that does not have its recorded checksum."""


class IdError(DataError):
    """Ids that are missing, duplicate or do not match."""


class NonFiniteError(DataError):
    """Values that are not finite numbers: NaN, infinity, text, or empty."""


class ShapeError(DataError):
    """An array, table or row of the wrong shape or type."""


class BudgetExceededError(DataError):
    """More dimensions or bytes than the limit allows."""


class CorruptCubeError(DataError):
    """A cube file that cannot be decoded, or whose content is invalid."""


class ResultsError(NeucoError):
    """A results folder that cannot be read."""

    exit_code = 4


class RunError(NeucoError):
    """A run that failed in part or completely."""

    exit_code = 1
