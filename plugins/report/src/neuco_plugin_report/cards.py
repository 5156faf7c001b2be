"""Cards of data sets, tasks and protocols: what they are, their licences, and what to cite."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import neucocore
from neuco_plugin_report.results import Results
from neuco_plugin_report.tasks import task_component
from neucocore import NeucoError


@dataclass(frozen=True)
class Card:
    """One component in words."""

    name: str
    kind: str
    summary: str
    facts: Mapping[str, str] = field(default_factory=dict)


def cards_of(results: Results) -> list[Card]:
    """Return the cards of all data sets, tasks, protocols and products of a page."""
    tasks: dict[str, Mapping[str, Any]] = {}
    datasets: dict[str, None] = {}
    protocols: dict[str, None] = {}
    products: dict[str, Card] = {}
    for table in results.tables:
        protocols[str(table.table.protocol)] = None
        for task in table.table.tasks:
            # Protocols name a task differently: by itself, or by the stem of its label file.
            known = task_component(task, table.facts(task))
            tasks.setdefault(task if known is None else known.versioned_name, table.facts(task))
        for run in table.runs:
            embeddings = run.record.get("embeddings") or {}
            metadata = embeddings.get("metadata") or {}
            if name := (metadata.get("dataset") or {}).get("component"):
                datasets[str(name)] = None
            product = embeddings.get("product")
            if isinstance(product, Mapping) and product.get("name"):
                products[str(product["name"])] = _product(product)
    return [
        *map(_dataset, datasets),
        *products.values(),
        *(_task(name, record) for name, record in tasks.items()),
        *map(_protocol, protocols),
    ]


def bibtex(results: Results) -> str:
    """Return the BibTeX entries of everything that the results rest on."""
    entries: dict[str, None] = {}
    for table in results.tables:
        protocol = str(table.table.protocol).partition("+")[0]
        texts = [neucocore.run_bibtex(list(table.table.tasks), protocol, None)]
        texts += [
            neucocore.run_bibtex((), "", product)
            for run in table.runs
            if isinstance(product := (run.record.get("embeddings") or {}).get("product"), Mapping)
        ]
        for text in texts:
            entries.update(dict.fromkeys(part for part in text.strip().split("\n\n") if part))
    return "\n\n".join(entries)


def _spec(kind: Literal["dataset", "protocol"], name: str) -> Any:
    """Return the description of an installed component, or None."""
    try:
        return neucocore.find(kind, name.partition("+")[0].partition("@")[0]).spec
    except NeucoError:
        return None


def _dataset(name: str) -> Card:
    spec = _spec("dataset", name)
    if spec is None:
        return Card(name, "data set", "not installed here")
    bands = (f"{modality}: {len(of)} bands" for modality, of in spec.bands.items())
    facts = {
        "cubes": f"{spec.count:,}" if spec.count else "",
        "a cube": f"{spec.seasons} seasons of {spec.size} x {spec.size} pixels; {', '.join(bands)}",
        "licence": spec.license,
        "cite": spec.citation,
        "address": spec.url,
    }
    return _card(name.rpartition("/")[2], "data set", spec.summary, facts)


def _product(product: Mapping[str, Any]) -> Card:
    facts = {
        "licence": product.get("license"),
        "attribution": product.get("attribution"),
        "cite": product.get("citation"),
        "version": product.get("version"),
    }
    return _card(str(product["name"]), "product", "Downloaded embeddings", facts)


def _task(name: str, record: Mapping[str, Any]) -> Card:
    component = task_component(name, record)
    facts = {
        "problem": record.get("problem"),
        "unit": record.get("unit"),
        "rows": record.get("n"),
        "labels": record.get("source"),
    }
    if component is None:
        return _card(name, "task", "Own labels", facts)
    spec: Any = component.spec
    facts |= {
        "data set": spec.dataset,
        "metric": spec.primary_metric,
        "left out": spec.exclusions,
        "known issues": spec.known_issues,
    }
    if spec.source is not None:
        facts |= {
            "labels": spec.source.name,
            "licence of the labels": spec.source.license,
            "region": spec.source.region,
            "years": spec.source.years,
            "cite the labels": spec.source.citation,
            "address of the labels": spec.source.url,
        }
    facts |= {"cite": spec.citation, "licence of the task": spec.license}
    return _card(name, "task", spec.summary, facts)


def _protocol(name: str) -> Card:
    spec = _spec("protocol", name)
    if spec is None:
        return Card(name, "protocol", "not installed here")
    changed = name.partition("+")[2]
    facts = {
        "note": spec.notice,
        "changed options": f"digest {changed}; neuco info {name} explains it" if changed else "",
        "cite": spec.citation,
        "address": spec.url,
    }
    return _card(name, "protocol", spec.summary, facts)


def _card(name: str, kind: str, summary: str, facts: Mapping[str, Any]) -> Card:
    return Card(name, kind, summary, dict(_filled(facts.items())))


def _filled(facts: Iterable[tuple[str, Any]]) -> Iterable[tuple[str, str]]:
    return ((name, str(value)) for name, value in facts if value not in (None, "", ()))
