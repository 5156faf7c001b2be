"""A check, what became of it, and how many ran."""

from __future__ import annotations

import time
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from neucocore.components.specs import Kind
from neucocore.errors import NeucoError

About = Kind | Literal["plugin", "component"]
"""A kind of component, a component of any kind, or the plugin as a whole."""
Level = Literal["must", "should"]
Status = Literal["passed", "failed", "skipped"]


class CheckFailed(Exception):  # noqa: N818  what a check is there to find, not an error of ours
    """A promise that is not kept; the text says what was promised and what was found."""


class Skip(Exception):  # noqa: N818  an ordinary outcome
    """A check that cannot be made here; the text says why."""


@dataclass(frozen=True, slots=True)
class CheckRecord:
    """What became of one check.

    Attributes
    ----------
    id
        The check's name, such as ``encoder-order``.
    component
        ``kind name`` of the component, or empty for checks of the plugin as a whole.
    level
        ``must`` for the contract, ``should`` for advice.
    seconds
        Wall time.
    """

    id: str
    component: str
    level: Level
    status: Status
    reason: str
    seconds: float

    @property
    def broken(self) -> bool:
        """Whether the contract is broken: a failure of level ``must``."""
        return self.status == "failed" and self.level == "must"


@dataclass(frozen=True, slots=True)
class Check:
    """One promise and the function that tests it.

    Attributes
    ----------
    run
        Called with a context: the plugin or component and what is needed to try it. Raises
        `CheckFailed` or `Skip`; any other exception is a failure too.
    needs
        Checks without which this one says nothing: when one of them failed it is skipped.
    """

    id: str
    about: About
    level: Level
    run: Callable[[Any], None]
    needs: tuple[str, ...] = ()

    def record(self, context: Any, component: str = "") -> CheckRecord:
        """Run the check; whatever happens becomes a record."""
        start = time.perf_counter()
        with warnings.catch_warnings():
            # A component may warn; pytest's -W error would make a broken promise of that.
            warnings.simplefilter("default")
            status, reason = self._outcome(context)
        return CheckRecord(
            self.id, component, self.level, status, reason, time.perf_counter() - start
        )

    def _outcome(self, context: Any) -> tuple[Status, str]:
        try:
            self.run(context)
        except Skip as skip:
            return "skipped", str(skip)
        except CheckFailed as violation:
            return "failed", str(violation)
        except NeucoError as error:
            return "failed", "; ".join(map(str.strip, str(error).splitlines()))
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:  # noqa: BLE001  a stranger's code may do anything
            return "failed", f"{type(error).__name__}: {error}"
        return "passed", ""


CHECKS: list[Check] = []
"""The one list, in the order in which its modules are imported by `neucocore.testing.kit`."""


def check(
    check_id: str, about: About = "plugin", level: Level = "must", needs: Sequence[str] = ()
) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    """Put a function into the list of checks."""

    def add(function: Callable[[Any], None]) -> Callable[[Any], None]:
        CHECKS.append(Check(check_id, about, level, function, tuple(needs)))
        return function

    return add


def require(holds: object, otherwise: str) -> None:
    """Raise a `CheckFailed` unless something holds."""
    if not holds:
        raise CheckFailed(otherwise)


def summary(records: Sequence[CheckRecord]) -> str:
    """Say in one line how many checks there were, and what became of them."""
    counts = Counter(record.status for record in records)
    ran = counts["passed"] + counts["failed"]
    advice = sum(record.status == "failed" and record.level == "should" for record in records)
    text = (
        f"{len(records)} checks apply, {ran} ran, {counts['skipped']} skipped: "
        f"{counts['failed']} failed"
    )
    return f"{text}, {advice} of them advice" if advice else text
