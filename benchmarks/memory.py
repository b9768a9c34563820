"""How much more memory a sync of 200,000 contacts takes than one of 2,000.

    python benchmarks/memory.py [--json]

Each size has a fresh process that does nothing but synchronise, with a store on disk and the sandbox
in a third process. Its number is the most memory it ever held (Linux: `VmHWM`), over a first sync and
the run an hour later. It takes some minutes.
"""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.loopback import Transport, World, served
from benchmarks.measures import Measure, at_most, exactly, main

FEW, MANY = 2_000, 200_000
BAR = 64
"""MiB."""

HOUR = 3600
LIMIT = 1800.0
"""Seconds after which a sync counts as stuck."""


@dataclass(frozen=True)
class Outcome:
    """What a process that synchronised has to tell."""

    start: float
    """MiB it held at most before the first call, all modules loaded."""
    first: float
    """MiB at most after the first sync."""
    peak: float
    """MiB at most after the run an hour later."""
    created: int
    again: int
    """Rows written in the run an hour later."""
    seconds: float
    cpu: float


def measure() -> Iterator[Measure]:
    """One process a size, and the difference."""
    outcomes = []
    for contacts in (FEW, MANY):
        with served(contacts) as world:
            outcome = in_fresh_process(world)
        outcomes.append(outcome)
        group = f"{contacts:,} contacts"
        yield exactly(group, "contacts created", outcome.created, world.wanted, "rows")
        yield exactly(group, "written an hour later", outcome.again, 0, "rows")
        yield Measure(group, "peak, libraries loaded, no call yet", outcome.start, "MiB")
        yield Measure(group, "peak after the first sync", outcome.first, "MiB")
        yield Measure(group, "peak after the run an hour later", outcome.peak, "MiB")
        yield Measure(group, "time, both runs", outcome.seconds, "s")
        yield Measure(group, "of it on the processor", outcome.cpu, "s")
    few, many = outcomes
    group = "Growth of the peak"
    name = f"{MANY:,} contacts against {FEW:,}"
    yield at_most(group, name, many.peak - few.peak, BAR, "MiB")


def in_fresh_process(world: World) -> Outcome:
    """Synchronise in a process that has done nothing else."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_synchronise, args=(world, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        if not ours.poll(LIMIT):
            raise TimeoutError(f"no end after {LIMIT:g} s")
        outcome: Outcome = ours.recv()
        return outcome
    finally:
        ours.close()
        process.terminate()
        process.join()


def _synchronise(world: World, pipe: Connection) -> None:
    with TemporaryDirectory() as folder:
        pipe.send(synchronise(world, Path(folder)))


def synchronise(world: World, folder: Path) -> Outcome:
    """A first sync, and a run an hour later."""
    from connectors import (
        ClientCredentials,
        DynamicsClient,
        GetResponseClient,
        GetResponseDynamics,
        Settings,
        SqlStore,
    )

    transport = Transport(world)
    credential = ClientCredentials(world.client_id, world.client_secret, authority=world.authority)
    with (
        GetResponseClient(world.key, transport=transport) as getresponse,
        DynamicsClient(world.url, credential, transport=transport) as dynamics,
    ):
        store = SqlStore(f"sqlite:///{folder}/sync.db")
        sync = GetResponseDynamics(
            getresponse, dynamics, store=store, settings=Settings(block=1000)
        )
        start, began, cpu = peak(), time.perf_counter(), time.process_time()
        sync.lists.run()
        report = sync.contacts.run()
        first = peak()
        transport.clock.sleep(HOUR)
        again = sync.contacts.run()
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        store.close()
    transport.close()
    return Outcome(
        start=round(start, 1),
        first=round(first, 1),
        peak=round(peak(), 1),
        created=report.done["create GetResponse contact"],
        again=again.writes,
        seconds=round(seconds, 1),
        cpu=round(cpu, 1),
    )


def peak() -> float:
    """The most memory this process ever held, in MiB."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    import resource

    # Bytes on macOS.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / 1024


if __name__ == "__main__":
    main(__doc__ or "", measure)
