"""What was noticed about an input: named, counted, recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Level = Literal["error", "warning", "repaired"]

EXAMPLES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of thing noticed about one input.

    Attributes
    ----------
    code
        A short stable name, such as ``duplicate-ids``.
    level
        ``error``, ``warning`` or ``repaired``.
    message
        One sentence without the count.
    count
        How often it occurs.
    examples
        The first occurrences (ids, lines, names).
    """

    code: str
    level: Level
    message: str
    count: int = 1
    examples: tuple[str, ...] = ()

    def __str__(self) -> str:
        text = self.message if self.count == 1 else f"{self.message} ({self.count} times)"
        if self.examples:
            shown = ", ".join(self.examples[:EXAMPLES_SHOWN])
            more = ", ..." if self.count > EXAMPLES_SHOWN else ""
            text += f": {shown}{more}"
        return text

    def as_json(self) -> dict[str, Any]:
        """Return the finding as plain JSON values."""
        return asdict(self) | {"examples": list(self.examples)}


def messages(findings: Sequence[Finding], *levels: Level) -> list[str]:
    """Return the texts of the findings of the given levels, in order."""
    return [str(finding) for finding in findings if finding.level in levels]
