"""Names and label files that several plugins claim."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from neucocore.components.discovery import Installation, installation
from neucocore.components.lookup import preferred_provider
from neucocore.components.specs import KINDS, TaskSpec


@dataclass(frozen=True, slots=True)
class Clash:
    """A name of components of several plugins, or a label file that several tasks claim.

    Attributes
    ----------
    what
        The name or the label file, in words.
    components
        ``plugin/name`` of each component.
    effect
        What the name or the file alone means.
    """

    what: str
    components: tuple[str, ...]
    effect: str

    @property
    def plugins(self) -> frozenset[str]:
        """The plugins of the components."""
        return frozenset(name.partition("/")[0] for name in self.components)

    def __str__(self) -> str:
        return f"{self.what} belongs to {', '.join(self.components)}; {self.effect}"


def clashes(within: Installation | None = None) -> list[Clash]:
    """Return the names that components of several plugins have, and contested label files."""
    within = within or installation()
    return [*_names(within), *_label_files(within)]


def _names(within: Installation) -> Iterator[Clash]:
    for kind in KINDS:
        plugins: dict[str, set[str]] = {}
        for component in within.components(kind):
            plugins.setdefault(component.name, set()).add(component.plugin)
        for name, providers in sorted(plugins.items()):
            if len(providers) < 2:
                continue
            components = tuple(f"{plugin}/{name}" for plugin in sorted(providers))
            meant = preferred_provider(kind, name, providers)
            in_specs = f"specs of other plugins mean {meant}/{name}" if meant else "use plugin/name"
            effect = f"on the command line, use plugin/name; {in_specs}"
            yield Clash(f"the {kind} {name!r}", components, effect if meant else in_specs)


def _label_files(within: Installation) -> Iterator[Clash]:
    tasks: dict[tuple[str, str], set[str]] = {}
    for component in within.components("task"):
        spec = cast(TaskSpec, component.spec)
        for dataset in (spec.dataset, *spec.other_datasets):
            for stem in (spec.name, *spec.aliases):
                tasks.setdefault((dataset, stem), set()).add(component.full_name)
    for (dataset, stem), names in sorted(tasks.items()):
        # Tasks of one name are reported as such.
        if len({name.partition("/")[2] for name in names}) > 1:
            what = f"the label file {stem}__*.csv of {dataset}"
            yield Clash(what, tuple(sorted(names)), "choose a task with --tasks plugin/name")
