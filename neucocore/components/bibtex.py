r"""BibTeX entries for a suite, and for the sources of its data set, tasks, labels and protocol.

A field is written between braces, which BibTeX counts whether or not a backslash precedes them, so
braces in a text become commands, as do the other characters that are special in LaTeX.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from neucocore.components.discovery import CORE, Component, Installation, installation
from neucocore.components.lookup import find_for_spec
from neucocore.components.specs import Kind, SuiteSpec, TaskSpec
from neucocore.errors import ComponentLookupError

_SPECIAL = {
    "\\": r"{\textbackslash}",
    "{": r"{\textbraceleft}",
    "}": r"{\textbraceright}",
    "~": r"{\textasciitilde}",
    "^": r"{\textasciicircum}",
    **{char: f"\\{char}" for char in "&%$#_"},
}
_DOI = re.compile(r"(?:doi:|https?://(?:dx\.)?doi\.org/)(10\.\S*[^\s.,;)])", re.IGNORECASE)
_ARXIV = re.compile(r"(?:arxiv[:./]|10\.48550/arxiv\.)(\d{4}\.\d{4,5})", re.IGNORECASE)
_IN_ADDRESS = str.maketrans({char: f"%{ord(char):02X}" for char in "\\{} "})
_CORE_CITATION = "neuco, https://github.com/neuco-bench/neuco"


LABELS = "labels of"


@dataclass
class _Source:
    """A publication or product, and what it is cited for.

    Attributes
    ----------
    texts
        The citations that name it, as specs write them.
    product
        Name of the product that labels come from.
    uses
        Maps what is cited (``task``) to its names.
    """

    texts: list[str]
    product: str = ""
    url: str = ""
    uses: dict[str, list[str]] = field(default_factory=dict)

    def merge(self, other: _Source) -> None:
        """Add what another citation of the same source says."""
        self.texts += [text for text in other.texts if text not in self.texts]
        self.product = self.product or other.product
        self.url = self.url or other.url
        for what, names in other.uses.items():
            known = self.uses.setdefault(what, [])
            known += [name for name in names if name not in known]

    @property
    def title(self) -> str:
        """The product, the words of a citation, or what the source is cited for."""
        if self.product and set(self.uses) == {LABELS}:
            return self.product
        words = [_words(text) for text in self.texts]
        return max(words, key=len) or f"Publication cited for {self.purpose}"

    @property
    def purpose(self) -> str:
        """What it is cited for, in one line."""
        return "; ".join(f"{what} {', '.join(names)}" for what, names in self.uses.items())


def suite_bibtex(suite: Component, within: Installation | None = None) -> tuple[str, list[str]]:
    """Return the entries for a suite and its sources, and the components that are not installed.

    Sources with one DOI, or one number at arXiv, are one entry; its note states what it is cited
    for. The sources of components that are not installed are not known.

    Parameters
    ----------
    suite
        A component of kind ``suite``.
    within
        The plugins to look in; by default all that are installed.
    """
    within = within or installation()
    sources: dict[str, _Source] = {}
    missing: list[str] = []
    for source in _sources(suite, within, missing):
        identity = _identity(source.texts[0])
        if identity in sources:
            sources[identity].merge(source)
        elif identity:
            sources[identity] = source
    entries = [_suite_entry(suite)]
    keys: set[str] = set()
    for identity, source in sources.items():
        entries.append(_source_entry(_key(identity, keys), source))
    return "\n\n".join(entries) + "\n", missing


def run_bibtex(
    tasks: Sequence[str],
    protocol: str | Sequence[str],
    product: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None,
    within: Installation | None = None,
) -> str:
    """Return the entries for what runs or an embeddings file rest on.

    Parameters
    ----------
    tasks, protocol
        Names as in ``run.json``; those that are not installed are left out.
    product
        The record of a downloaded product, or several: ``name``, ``citation``, ``license``,
        ``attribution``.
    """
    within = within or installation()
    sources: dict[str, _Source] = {}
    products = [product or {}] if not isinstance(product, Sequence) else product
    found = [source for one in products for source in _product_source(one)]
    parts: list[tuple[Kind, str]] = [("task", name) for name in tasks]
    protocols = [protocol] if isinstance(protocol, str) else protocol
    parts += [("protocol", name) for name in protocols if name]
    for kind, name in parts:
        found += _component_sources(kind, name, CORE, within)
    for source in found:
        identity = _identity(source.texts[0])
        if identity in sources:
            sources[identity].merge(source)
        elif identity:
            sources[identity] = source
    keys: set[str] = set()
    entries = [_source_entry(_key(identity, keys), source) for identity, source in sources.items()]
    return "\n\n".join(entries)


def _product_source(product: Mapping[str, Any]) -> Iterator[_Source]:
    name = str(product.get("name") or "")
    text = str(product.get("citation") or name)
    if text:
        terms = [str(product[key]) for key in ("license", "attribution") if product.get(key)]
        what = f"embeddings of {name}" if name else "embeddings"
        yield _Source([text, name], name, uses={what: terms or [name]})


def _component_sources(
    kind: Kind, name: str, plugin: str, within: Installation
) -> Iterator[_Source]:
    """Yield the sources of a component and of the labels of a task; none if it is not installed."""
    try:
        component = find_for_spec(kind, name, plugin=plugin, within=within)
    except ComponentLookupError:
        return
    label = "data set" if kind == "dataset" else kind
    citation = component.spec.citation or (_CORE_CITATION if component.plugin == CORE else "")
    yield _Source([citation], url=component.spec.url, uses={label: [name]})
    source = component.spec.source if isinstance(component.spec, TaskSpec) else None
    if source is not None:
        text = source.citation or source.name
        yield _Source([text], source.name, source.url, {LABELS: [name]})


def _sources(suite: Component, within: Installation, missing: list[str]) -> Iterator[_Source]:
    spec = cast(SuiteSpec, suite.spec)
    yield _Source([spec.citation], uses={"suite": [suite.versioned_name]})
    parts: list[tuple[Kind, str]] = [
        ("dataset", spec.dataset),
        *(("task", task.name) for task in spec.tasks),
        ("protocol", spec.protocol),
    ]
    for kind, name in parts:
        found = list(_component_sources(kind, name, suite.plugin, within))
        if not found:
            missing.append(f"{'data set' if kind == 'dataset' else kind} {name}")
        yield from found


def _identity(text: str) -> str:
    """Return what two citations of one publication have in common."""
    if match := _ARXIV.search(text):
        return f"arxiv:{match[1]}"
    if match := _DOI.search(text):
        return f"doi:{match[1].lower()}"
    return " ".join(text.lower().split())


def _words(text: str) -> str:
    """Return a citation without DOI and number at arXiv."""
    text = " ".join(_ARXIV.sub("", _DOI.sub("", text)).split())
    return text.strip(" ,;.") if not re.fullmatch(r"\([^()]*\)", text) else text[1:-1]


def _suite_entry(suite: Component) -> str:
    spec = cast(SuiteSpec, suite.spec)
    tasks = ", ".join(task.name for task in spec.tasks)
    options = "".join(f", {name}={value}" for name, value in sorted(spec.options.items()))
    note = (
        f"Suite {suite.versioned_name} of the neuco plugin {suite.plugin}; "
        f"data set {spec.dataset}; tasks {tasks}; split {spec.split}; "
        f"protocol {spec.protocol}{options}; aggregate {spec.aggregate}"
    )
    if spec.errata:
        note += f"; errata of {', '.join(erratum.date for erratum in spec.errata)}"
    fields = {
        "title": f"{{{escaped(suite.versioned_name)}}}: {escaped(spec.summary)}",
        "note": escaped(note),
    }
    if spec.url:
        fields["url"] = _address(spec.url)
    return _entry(f"neuco-suite-{spec.name}-{spec.version}", fields)


def _source_entry(key: str, source: _Source) -> str:
    text = " ".join(source.texts)
    doi, arxiv = _DOI.search(text), _ARXIV.search(text)
    fields = {"title": escaped(source.title), "note": escaped(f"Cited for {source.purpose}")}
    if arxiv:
        fields |= {
            "eprint": arxiv[1],
            "archiveprefix": "arXiv",
            "doi": f"10.48550/arXiv.{arxiv[1]}",
        }
    elif doi:
        fields["doi"] = _address(doi[1])
    elif source.url:
        fields["url"] = _address(source.url)
    return _entry(key, fields)


def _entry(key: str, fields: dict[str, str]) -> str:
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items()]
    return "\n".join([f"@misc{{{key},", *lines, "}"])


def _key(identity: str, used: set[str]) -> str:
    """Return a key of letters, digits and hyphens that no other entry has."""
    base = re.sub(r"[^A-Za-z0-9]+", "-", identity).strip("-")[:40].strip("-") or "source"
    key, number = base, 2
    while key in used:
        key, number = f"{base}-{number}", number + 1
    used.add(key)
    return key


def escaped(text: str) -> str:
    """Return a text as it is written in a field: in one line, special characters as commands."""
    return "".join(_SPECIAL.get(char, char) for char in " ".join(text.split()))


def _address(text: str) -> str:
    """Return an address or DOI, which LaTeX prints verbatim, without braces and backslashes."""
    return " ".join(text.split()).translate(_IN_ADDRESS)
