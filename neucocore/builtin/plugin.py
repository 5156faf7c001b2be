"""The plugin named ``core``: the components that come with neucocore."""

from __future__ import annotations

from neucocore.builtin.encoders.specs import encoder_specs
from neucocore.builtin.metrics.specs import metric_specs
from neucocore.builtin.probes.specs import probe_specs
from neucocore.builtin.protocols.specs import protocol_specs
from neucocore.builtin.reducers.specs import reducer_specs
from neucocore.components.hookspecs import hookimpl
from neucocore.components.specs import EncoderSpec, MetricSpec, ProbeSpec, ProtocolSpec, ReducerSpec

NEUCO_API = 1


@hookimpl
def neuco_encoders() -> list[EncoderSpec]:
    """Return the control encoders and the published mean baseline."""
    return encoder_specs()


@hookimpl
def neuco_metrics() -> list[MetricSpec]:
    """Return the standard metrics."""
    return metric_specs()


@hookimpl
def neuco_probes() -> list[ProbeSpec]:
    """Return the standard probes."""
    return probe_specs()


@hookimpl
def neuco_reducers() -> list[ReducerSpec]:
    """Return the standard reducers."""
    return reducer_specs()


@hookimpl
def neuco_protocols() -> list[ProtocolSpec]:
    """Return the scoring protocols that come with the core."""
    return protocol_specs()
