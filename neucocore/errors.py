"""The errors of neuco, one tree, each with the exit code the command line answers with.

::

    NeucoError                      1
    ├── ConfigError                 2   a configuration, option or run file that cannot be used
    ├── ComponentLookupError        2   a name that leads to no component, or to several
    │   ├── UnknownComponentError
    │   └── AmbiguousComponentError
    ├── CatalogueError              2   registry.yaml
    ├── PluginError                 3   a plugin that cannot be loaded or declares nonsense
    │   ├── IncompatiblePluginError
    │   └── SpecError
    ├── ComponentLoadError          3   a factory that cannot be imported or called
    ├── ComponentOutputError        3   a component that returned what its contract forbids
    ├── DataError                   4   input data: missing, broken, inconsistent
    │   ├── MissingFileError
    │   ├── ChecksumError
    │   ├── IdError
    │   ├── NonFiniteError
    │   ├── ShapeError
    │   ├── BudgetExceededError
    │   └── CorruptCubeError
    ├── ResultsError                4   a results folder that cannot be read
    └── RunError                    1   a run that failed in part or whole
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class NeucoError(Exception):
    """Base of every error neuco raises on purpose.

    Parameters
    ----------
    message
        What was asked and what was found, in one sentence.
    problems
        Further lines, when one file or run has several problems; all are shown.
    hint
        The next command or step to try.
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
        # The default would drop keyword arguments on the way home from a worker process.
        return (_rebuild, (type(self), self.message, self.__dict__.copy()))


def _rebuild(kind: type[NeucoError], message: str, state: dict[str, object]) -> NeucoError:
    error = kind.__new__(kind)
    Exception.__init__(error, message)
    error.__dict__.update(state)
    return error


class ConfigError(NeucoError):
    """A configuration file, run file or option that cannot be used."""

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
    """A component name that does not lead to exactly one component."""

    exit_code = 2


class UnknownComponentError(ComponentLookupError):
    """No installed plugin offers the name."""


class AmbiguousComponentError(ComponentLookupError):
    """Several installed plugins offer the name; ``plugin/name`` decides."""


class CatalogueError(ConfigError):
    """The catalogue of known plugins (``registry.yaml``) breaks its rules."""


class PluginError(NeucoError):
    """A plugin that cannot be loaded."""

    exit_code = 3


class IncompatiblePluginError(PluginError):
    """A plugin written for another plugin API."""


class SpecError(PluginError):
    """A plugin whose declaration of a component is wrong."""


class ComponentLoadError(NeucoError):
    """A component whose factory cannot be imported or called."""

    exit_code = 3


class ComponentOutputError(NeucoError):
    """A component that returned something its contract forbids."""

    exit_code = 3


class DataError(NeucoError):
    """Input data that is missing, broken or inconsistent."""

    exit_code = 4


class MissingFileError(DataError):
    """A file or folder that does not exist."""


class ChecksumError(DataError):
    """Bytes that differ from their recorded checksum."""


class IdError(DataError):
    """Ids that are missing, doubled or do not match."""


class NonFiniteError(DataError):
    """NaN, infinite, empty or textual numbers."""


class ShapeError(DataError):
    """An array, table or row of the wrong shape or type."""


class BudgetExceededError(DataError):
    """More dimensions or bytes than the limit allows."""


class CorruptCubeError(DataError):
    """A cube file that cannot be trusted."""


class ResultsError(NeucoError):
    """A results folder that cannot be read."""

    exit_code = 4


class RunError(NeucoError):
    """A run of which a part or the whole failed."""

    exit_code = 1
