"""A conformance check, its result, and the summary of many results."""

from __future__ import annotations

import time
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from neucocore.components.specs import Kind
from neucocore.errors import NeucoError

Subject = Kind | Literal["plugin", "component"]
"""What a check applies to: one kind of component, every component, or the plugin itself."""
Level = Literal["must", "should"]
CheckStatus = Literal["passed", "failed", "skipped"]


class CheckFailed(Exception):  # noqa: N818  a result of a check, not an error of neuco
    """A promise is broken; the message states what was expected and what was found."""


class Skip(Exception):  # noqa: N818  a result of a check
    """A check cannot be run; the message states why."""


@dataclass(frozen=True, slots=True)
class CheckRecord:
    """The result of one check.

    Attributes
    ----------
    id
        The name of the check, such as ``encoder-order``.
    component
        ``kind name`` of the component, or empty for checks of the plugin itself.
    level
        ``must`` for the contract, ``should`` for recommendations.
    reason
        Why the check failed or was skipped, else empty.
    seconds
        Wall time.
    """

    id: str
    component: str
    level: Level
    status: CheckStatus
    reason: str
    seconds: float

    @property
    def broken(self) -> bool:
        """Whether the contract is broken: a check of level ``must`` failed."""
        return self.status == "failed" and self.level == "must"


@dataclass(frozen=True, slots=True)
class Check:
    """One promise, and the function that tests it.

    Attributes
    ----------
    run
        Called with a context: the plugin or component, and what is needed to test it. Raises
        `CheckFailed` or `Skip`; any other exception is a failure as well.
    needs
        Ids of the checks without which this one means nothing: if one of them failed, this check
        is skipped.
    """

    id: str
    about: Subject
    level: Level
    run: Callable[[Any], None]
    needs: tuple[str, ...] = ()

    def record(self, context: Any, component: str = "") -> CheckRecord:
        """Run the check and return the result, whatever the check raises."""
        start = time.perf_counter()
        with warnings.catch_warnings():
            # A component is allowed to warn; pytest -W error would turn the warning into a failure.
            warnings.simplefilter("default")
            status, reason = self._result(context)
        return CheckRecord(
            self.id, component, self.level, status, reason, time.perf_counter() - start
        )

    def _result(self, context: Any) -> tuple[CheckStatus, str]:
        try:
            self.run(context)
        except Skip as skip:
            return "skipped", str(skip)
        except CheckFailed as failure:
            return "failed", str(failure)
        except NeucoError as error:
            return "failed", "; ".join(map(str.strip, str(error).splitlines()))
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:  # noqa: BLE001  the code of a plugin can raise anything
            return "failed", f"{type(error).__name__}: {error}"
        return "passed", ""


CHECKS: list[Check] = []
"""All checks, in the order in which `neucocore.testing.kit` imports their modules."""


def check(
    check_id: str, about: Subject = "plugin", level: Level = "must", needs: Sequence[str] = ()
) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    """Add a function to the list of checks. Its docstring is the promise that it tests."""

    def add(function: Callable[[Any], None]) -> Callable[[Any], None]:
        CHECKS.append(Check(check_id, about, level, function, tuple(needs)))
        return function

    return add


def require(condition: object, message: str) -> None:
    """Raise `CheckFailed` with the message unless the condition holds."""
    if not condition:
        raise CheckFailed(message)


def summary(records: Sequence[CheckRecord]) -> str:
    """Return one line with the numbers of checks that ran, were skipped and failed."""
    counts = Counter(record.status for record in records)
    ran = counts["passed"] + counts["failed"]
    advice = sum(record.status == "failed" and record.level == "should" for record in records)
    advice_text = f" ({advice} of them advice)" if advice else ""
    return (
        f"{ran} of {len(records)} checks ran, {counts['skipped']} were skipped, "
        f"{counts['failed'] or 'none'} failed{advice_text}"
    )
