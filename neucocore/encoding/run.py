"""The encode run: crash-safe, resumable, and byte-equal however often it was interrupted."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from neucocore.data.embeddings.embeddings import Embeddings, save_embeddings
from neucocore.encoding import output as finish
from neucocore.encoding.costs import append_costs, total_costs
from neucocore.encoding.executors import run_batches
from neucocore.encoding.preparation import (
    STATE,
    bad_cubes,
    left_out,
    prepare,
    restored,
    unreadable,
)
from neucocore.encoding.report import EncodeReport
from neucocore.encoding.request import EncodeRequest
from neucocore.encoding.spool import (
    Spool,
    UnequalWidthsError,
    gather,
    read_records,
    record_key,
    width_of,
)
from neucocore.encoding.work_folder import explain_disk_full, remove_idle, remove_unused
from neucocore.encoding.worker import Batch, Worker, WorkerSetup, batches
from neucocore.errors import ComponentOutputError, DataError, NeucoError
from neucocore.files.atomic import locked
from neucocore.provenance.energy import EnergyMeter

BATCH = 4
MOST_FAILURES = 1000
LOCK_SECONDS = 5.0

Progress = Callable[[int, int, int], None]
"""Called with (finished cubes, all cubes, bad cubes)."""


def encode(
    request: EncodeRequest,
    *,
    jobs: int = 1,
    scheduler: str | None = None,
    shard: tuple[int, int] | None = None,
    merge: bool = False,
    force: bool = False,
    batch_size: int = BATCH,
    progress: Progress | None = None,
) -> EncodeReport:
    """Encode the cubes of a request into its embeddings file.

    Parameters
    ----------
    request
        What to encode, with what, to where.
    jobs
        Worker processes; 1 encodes in this process.
    scheduler
        Address of a dask scheduler to use instead.
    shard
        ``(i, n)``, i from 1: encode only the i-th of n parts and write no embeddings file.
    merge
        Encode nothing: put the shards' work together.
    force
        Do it again even if the file is there.
    progress
        Called after every batch.

    Raises
    ------
    DataError
        Cubes that cannot be read, all of them named (without ``skip_bad``); or, with ``merge``,
        cubes no shard has finished.
    ComponentOutputError
        The encoder broke its contract.
    RunError
        A worker died.
    """
    with explain_disk_full(request.out):
        run = _Run(request, jobs, scheduler, batch_size, progress)
        return _encode(run, shard, merge=merge, force=force)


def _encode(run: _Run, shard: tuple[int, int] | None, *, merge: bool, force: bool) -> EncodeReport:
    if not force and (found := run.found()):
        run.clear()  # a run killed at its very end leaves its work folder behind
        return found
    if merge:
        report = run.assemble(merging=True)
        run.clear()
        return report
    part = shard or (1, 1)
    with locked(run.spool_path(part), timeout=LOCK_SECONDS):
        # Another process may have finished the same file while this one waited for the lock.
        if not force and (found := run.found()):
            run.clear(run.spool_path(part))
            return found
        if force:
            run.forget(part)
        try:
            run.work(part)
        except NeucoError:
            remove_unused(run.spool_path(part))
            raise
        if shard is not None:
            return run.report_of_shard()
        report = run.assemble()
        run.clear(run.spool_path(part))
        return report


class _Run:
    """One encode run: the request, its keys and its work folder."""

    def __init__(
        self,
        request: EncodeRequest,
        jobs: int,
        scheduler: str | None,
        batch_size: int,
        progress: Progress | None,
    ) -> None:
        self.jobs = jobs
        self.scheduler = scheduler
        self.batch_size = batch_size
        self.progress = progress
        self.started = time.perf_counter()
        self.setup = WorkerSetup(
            dataset=request.dataset,
            data=request.data,
            dataset_params=request.dataset_params,
            encoder=request.encoder,
            encoder_params=request.encoder_params,
            state_file=None,
            skip_bad=request.skip_bad,
        )
        self.here = Worker(self.setup)
        encoder: Any = self.here.encoder
        decided_by = encoder.cache_key_fields() if hasattr(encoder, "cache_key_fields") else None
        self.request = request = replace(request, decided_by=decided_by)
        self.energy = EnergyMeter(getattr(encoder, "energy_joules", None))
        self.digests = finish.cube_digests(self.here.dataset, request.ids)
        self.prepared_on = self._prepared_on()
        self.file_key = request.file_key(self.digests, self.prepared_on)
        features_key = request.features_key(self.prepared_on)
        self.folder = request.out.with_name(request.out.name + ".parts") / features_key[:16]
        self.keys = [record_key(*pair) for pair in zip(request.ids, self.digests, strict=True)]
        self.failures: dict[str, str] = {}
        self.resumed = 0
        self.encoded = 0

    def found(self) -> EncodeReport | None:
        """Return a report if the file is there, and no cube it lacks has been mended since."""
        found = finish.found(self.request.out, self.file_key)
        if found is None:
            return None
        lacking = [cube for cube, _ in found.failures]
        # Damage inside a member does not show in the digest, nor does its mending.
        return found if len(unreadable(self.here, lacking)) == len(lacking) else None

    def _prepared_on(self) -> Sequence[str]:
        fit_ids = self._fit_ids()
        if fit_ids is self.request.ids:
            return [f"{i} {d}" for i, d in zip(fit_ids, self.digests, strict=True)]
        digests = finish.cube_digests(self.here.dataset, fit_ids)
        return [f"{i} {d}" for i, d in zip(fit_ids, digests, strict=True)]

    def _fit_ids(self) -> Sequence[str]:
        match self.request.encoder.spec.fit:  # type: ignore[attr-defined]
            case "transductive" if hasattr(self.here.encoder, "prepare"):
                return self.request.ids
            case "train":
                return self.request.fit_ids
        return ()

    def spool_path(self, part: tuple[int, int]) -> Path:
        return self.folder / f"shard-{part[0]}-of-{part[1]}.spool"

    def forget(self, part: tuple[int, int]) -> None:
        """Remove what earlier runs finished of a part; called by the holder of its lock."""
        own = (f"{self.spool_path(part).name}*",)
        for pattern in ("*.spool*", f"{STATE}*") if part == (1, 1) else own:
            for path in self.folder.glob(pattern):
                if not path.name.startswith("."):  # the locks, the caller's own among them
                    path.unlink(missing_ok=True)

    def clear(self, own: Path | None = None) -> None:
        """Remove the work folder, and what earlier settings left beside it."""
        remove_idle(self.folder.parent, own)

    def work(self, part: tuple[int, int]) -> None:
        """Encode what of a part nobody has finished yet."""
        request = self.request
        index, count = part
        mine = range(index - 1, len(request.ids), count)
        lacking = left_out(self.folder / STATE)
        if len(unreadable(self.here, tuple(lacking))) < len(lacking):
            self.forget((1, 1))  # the encoder was prepared without cubes that are mended now
        spool = Spool(self.spool_path(part))
        held = spool.open() | self._held_elsewhere(spool.path)
        waiting = [row for row in mine if self.keys[row] not in held]
        self.resumed = len(mine) - len(waiting)
        row_of = {request.ids[row]: row for row in waiting}
        try:
            if waiting:
                self._prepare()
                self._check_determinism(request.ids[waiting[0]])
            done = self.resumed
            self._say(done, len(mine))
            for batch in run_batches(
                self.setup,
                batches([request.ids[row] for row in waiting], self.batch_size),
                jobs=self.jobs,
                scheduler=self.scheduler,
            ):
                self._keep(batch, spool, row_of)
                done += len(batch.ids)
                self._say(done, len(mine))
        finally:
            spool.close()
            finish.write_failures(spool.path, self.failures)
        self._refuse_bad()

    def _held_elsewhere(self, own: Path) -> set[bytes]:
        held: set[bytes] = set()
        for path in sorted(self.folder.glob("*.spool")):
            width = width_of(path)
            if path != own and width is not None:
                held |= {key for key, _ in read_records(path, width)}
        return held

    def _keep(self, batch: Batch, spool: Spool, row_of: dict[str, int]) -> None:
        for cube, reason in batch.failures:
            self.failures[cube] = reason
        self.energy.sample()
        if batch.ids:
            width = batch.vectors.shape[1]
            if spool.width not in (None, width):
                raise ComponentOutputError(
                    f"the encoder {self.request.encoder.full_name} returned {width} numbers for "
                    f"cube {batch.ids[0]} and {spool.width} before: all cubes need one length"
                )
            finish.append_notes(spool.path, batch.notes)
            spool.append([self.keys[row_of[cube]] for cube in batch.ids], batch.vectors)
            self.encoded += len(batch.ids)
        append_costs(
            spool.path,
            seconds_reading=batch.seconds_reading,
            seconds_encoding=batch.seconds_encoding,
            bytes_read=batch.bytes_read,
            cubes_encoded=len(batch.ids),
        )
        if len(self.failures) >= MOST_FAILURES:
            self._refuse_bad()

    def _say(self, done: int, of: int) -> None:
        if self.progress is not None:
            self.progress(done, of, len(self.failures))

    def _prepare(self) -> None:
        """Prepare the encoder once, and keep its state for the workers and the next run."""
        fit_ids = self._fit_ids()
        encoder = self.here.encoder
        if not fit_ids or not hasattr(encoder, "prepare"):
            return
        state_file = self.folder / STATE
        prepare(self.here, fit_ids, state_file, skip_bad=self.request.skip_bad)
        self.setup = replace(self.setup, state_file=state_file)

    def _check_determinism(self, cube_id: str) -> None:
        cubes, _ = self.here.read([cube_id])
        if not cubes:
            return
        with threadpool_limits(1):
            first, again = self.here.vectors(cubes), self.here.vectors(cubes)
        if not np.array_equal(first, again):
            raise ComponentOutputError(
                f"the encoder {self.request.encoder.full_name} is not deterministic: "
                f"cube {cube_id} encoded twice gives different vectors",
                hint="seed every random number from its parameters",
            )

    def _refuse_bad(self, *, merging: bool = False) -> None:
        if self.failures and not self.request.skip_bad:
            raise bad_cubes(self.failures, len(self.request.ids), merging=merging)

    def report_of_shard(self) -> EncodeReport:
        return EncodeReport(
            path=self.request.out,
            rows=len(self.request.ids),
            columns=0,
            resumed=self.resumed,
            failures=tuple(sorted(self.failures.items())),
            costs=self._all_costs(),
        )

    def assemble(self, *, merging: bool = False) -> EncodeReport:
        """Order the vectors, reduce them, and write the file and its sidecar."""
        request = self.request
        matrix, missing = self._gathered()
        missing_ids = [request.ids[row] for row in missing]
        # A cube that one shard could not read may have been mended, and encoded by another.
        there = set(request.ids) - set(missing_ids)
        noted = finish.read_failures(self.folder)
        self.failures = {cube: why for cube, why in noted.items() if cube not in there}
        self._refuse_bad(merging=merging)
        unfinished = [cube for cube in missing_ids if cube not in self.failures]
        if unfinished:
            raise DataError(
                f"{len(unfinished)} of {len(request.ids)} cubes are not encoded yet: "
                f"{', '.join(unfinished[:3])}",
                hint="run the missing shards, then --merge again",
            )
        if matrix is None:
            raise bad_cubes(self.failures, len(request.ids), merging=merging)
        keep = np.setdiff1d(np.arange(len(request.ids)), missing)
        for row, place in enumerate(keep if missing else ()):
            matrix[row] = matrix[place]  # in place: it may be larger than memory
        features = matrix[: len(keep)]
        with threadpool_limits(1):
            reduced, reduction = finish.reduce(request, features)
        metadata = finish.metadata(request, reduction)
        if request.reducer is None and hasattr(self.here.encoder, "to_codes"):
            restored(self.here, self.folder / STATE)
            metadata["coded_bytes"] = finish.coded_bytes(self.here.encoder, reduced)
        ids = tuple(request.ids[row] for row in keep)
        save_embeddings(Embeddings(ids=ids, matrix=reduced, metadata=metadata), request.out)
        report = EncodeReport(
            path=request.out,
            rows=len(ids),
            columns=reduced.shape[1],
            resumed=self.resumed,
            warnings=finish.count_notes(self.folder),
            failures=tuple(sorted(self.failures.items())),
            costs=self._all_costs(),
        )
        finish.write_provenance(request, report, self.file_key, metadata)
        return report

    def _gathered(self) -> tuple[Any, list[int]]:
        spools = sorted(self.folder.glob("*.spool"))
        try:
            return gather(spools, self.keys, self.folder / "features.f32")
        except UnequalWidthsError as error:
            raise ComponentOutputError(
                f"the encoder {self.request.encoder.full_name} returned {error.width} numbers for "
                f"cube {self.request.ids[error.row]} and {error.expected} for others: all cubes "
                "need one length",
                hint="mend the encoder and encode again with --force",
            ) from error

    def _all_costs(self) -> dict[str, Any]:
        """Return the costs of all runs and shards together; wall time is that of this run."""
        return {
            **total_costs(self.folder),
            "jobs": self.jobs,
            "wall_seconds": time.perf_counter() - self.started,
            **self._costs_here(),
        }

    def _costs_here(self) -> dict[str, Any]:
        """Return what this machine computed on, and the energy where it tells.

        A cluster's workers are on other machines, which cannot be asked from here. A run that
        did part of the work knows the energy of that part, which would be taken for the whole.
        """
        if self.scheduler is not None or not self.encoded:
            return {}
        encoder: Any = self.here.encoder
        device = encoder.device_name() if hasattr(encoder, "device_name") else "cpu"
        return {"device": device, **({} if self.resumed else self.energy.read())}
