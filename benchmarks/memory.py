"""How much more memory many contacts take than few: a first sync of 200,000 against one of 2,000, and
a backfill of 20,000 from DocuSign against one of 2,000.

    python benchmarks/memory.py [--json]

Each size has a fresh process that does nothing but its job, with a store on disk and the sandbox in a
third process. Its number is the most memory it ever held (Linux: `VmHWM`), over the first run and one
later that finds nothing to do. It takes some minutes.
"""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Generic

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.loopback import F, Transport, World, served
from benchmarks.measures import Measure, at_most, exactly, main, one_list
from connectors import Sandbox

BAR = 64
"""MiB."""

HOUR = 3600
LIMIT = 1800.0
"""Seconds after which a job counts as stuck."""


@dataclass(frozen=True)
class Outcome:
    """What a process has to tell of its job."""

    start: float
    """MiB it held at most before the first call, all modules loaded."""
    first: float
    """MiB at most after the first run."""
    peak: float
    """MiB at most after the run that finds nothing."""
    created: int
    again: int
    """Rows written in that run."""
    seconds: float
    cpu: float


@dataclass(frozen=True)
class Study(Generic[F]):
    """A job, and the sizes it is measured at."""

    name: str
    later: str
    """When it runs again."""
    few: int
    many: int
    make: Callable[[int], tuple[Sandbox, F]]
    """The world of so many contacts, and what a client must know of it."""
    wanted: Callable[[F], int]
    """How many contacts there are to create."""
    play: Callable[[World[F], Path], Outcome]


def measure() -> Iterator[Measure]:
    """One process a size, and the difference."""
    yield from compared(SYNC)
    yield from compared(BACKFILL)


def compared(study: Study[F]) -> Iterator[Measure]:
    """A job at both sizes."""
    outcomes = []
    for contacts in (study.few, study.many):
        with served(study.make, contacts) as world:
            outcome = in_fresh_process(study.play, world)
        outcomes.append(outcome)
        group = f"{study.name}, {contacts:,} contacts"
        wanted = study.wanted(world.facts)
        yield exactly(group, "contacts created", outcome.created, wanted, "rows")
        yield exactly(group, f"written {study.later}", outcome.again, 0, "rows")
        yield Measure(group, "peak, libraries loaded, no call yet", outcome.start, "MiB")
        yield Measure(group, "peak after it", outcome.first, "MiB")
        yield Measure(group, f"peak after the run {study.later}", outcome.peak, "MiB")
        yield Measure(group, "time, both runs", outcome.seconds, "s")
        yield Measure(group, "of it on the processor", outcome.cpu, "s")
    few, many = outcomes
    group = f"{study.name}: growth of the peak"
    name = f"{study.many:,} contacts against {study.few:,}"
    yield at_most(group, name, many.peak - few.peak, BAR, "MiB")


def in_fresh_process(play: Callable[[World[F], Path], Outcome], world: World[F]) -> Outcome:
    """Do a job in a process that has done nothing else."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_play, args=(play, world, theirs), daemon=True)
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


def _play(play: Callable[[World[F], Path], Outcome], world: World[F], pipe: Connection) -> None:
    with TemporaryDirectory() as folder:
        pipe.send(play(world, Path(folder)))


class Clocked:
    """Memory and time from here on."""

    def __init__(self) -> None:
        self.start, self._began, self._cpu = peak(), time.perf_counter(), time.process_time()
        self.first = 0.0

    def outcome(self, created: int, again: int) -> Outcome:
        """What there is to tell at the end."""
        return Outcome(
            start=round(self.start, 1),
            first=round(self.first, 1),
            peak=round(peak(), 1),
            created=created,
            again=again,
            seconds=round(time.perf_counter() - self._began, 1),
            cpu=round(time.process_time() - self._cpu, 1),
        )


# --- GetResponse and Dynamics -----------------------------------------------------------------


@dataclass(frozen=True)
class Marketing:
    """Keys, and how many contacts are on the list and asked for no silence."""

    key: str
    url: str
    authority: str
    client_id: str
    client_secret: str
    wanted: int


def marketing(contacts: int) -> tuple[Sandbox, Marketing]:
    """So many CRM contacts, all on one list."""
    box = Sandbox(seed=1, contacts=contacts)
    one_list(box)
    crm = box.dynamics
    wanted = sum(not row["donotemail"] for row in crm.rows("contact"))
    key = box.getresponse.key
    return box, Marketing(key, crm.url, crm.authority, crm.client_id, crm.client_secret, wanted)


def synchronise(world: World[Marketing], folder: Path) -> Outcome:
    """A first sync, and a run an hour later."""
    from connectors import (
        ClientCredentials,
        DynamicsClient,
        GetResponseClient,
        GetResponseDynamics,
        Settings,
        SqlStore,
    )

    transport, facts = Transport(world), world.facts
    credential = ClientCredentials(facts.client_id, facts.client_secret, authority=facts.authority)
    with (
        GetResponseClient(facts.key, transport=transport) as getresponse,
        DynamicsClient(facts.url, credential, transport=transport) as dynamics,
    ):
        store = SqlStore(f"sqlite:///{folder}/sync.db")
        sync = GetResponseDynamics(
            getresponse, dynamics, store=store, settings=Settings(block=1000)
        )
        clocked = Clocked()
        sync.lists.run()
        report = sync.contacts.run()
        clocked.first = peak()
        transport.clock.sleep(HOUR)
        again = sync.contacts.run()
        outcome = clocked.outcome(report.done["create GetResponse contact"], again.writes)
        store.close()
    transport.close()
    return outcome


# --- DocuSign and ActiveCampaign --------------------------------------------------------------


@dataclass(frozen=True)
class Signing:
    """Keys, and how many people signed an envelope each."""

    key: str
    user: str
    private_key: str
    url: str
    mail_key: str
    wanted: int


def signing(contacts: int) -> tuple[Sandbox, Signing]:
    """So many people, each of whom signed an envelope."""
    box = Sandbox(seed=1)
    there, mails = box.docusign, box.activecampaign
    for number in range(contacts):
        envelope = there.send("Agreement", [f"{number}@example.com"])
        there.sign(envelope, f"{number}@example.com")
    facts = Signing(
        there.integration_key, there.user_id, there.private_key, mails.url, mails.key, contacts
    )
    return box, facts


def backfill(world: World[Signing], folder: Path) -> Outcome:
    """All of the history, and a look for more a day later."""
    from connectors import (
        ActiveCampaignClient,
        DocuSignActiveCampaign,
        DocuSignClient,
        JwtBearer,
        SqlStore,
    )

    transport, facts = Transport(world), world.facts
    user = JwtBearer(facts.key, facts.user, facts.private_key)
    with (
        DocuSignClient(user, transport=transport) as docusign,
        ActiveCampaignClient(facts.url, facts.mail_key, transport=transport) as activecampaign,
    ):
        store = SqlStore(f"sqlite:///{folder}/sync.db")
        bridge = DocuSignActiveCampaign(
            docusign, activecampaign, store=store, signing_keys="kept apart"
        )
        bridge.apply(bridge.setup.plan("https://example.com/docusign"))
        clocked = Clocked()
        report = bridge.backfill.run(since=world.start - timedelta(days=1))
        clocked.first = peak()
        transport.clock.sleep(48 * HOUR)
        again = bridge.reconcile.run()
        outcome = clocked.outcome(report.done["import contact"], again.writes)
        store.close()
    transport.close()
    return outcome


SYNC = Study(
    name="First sync",
    later="an hour later",
    few=2_000,
    many=200_000,
    make=marketing,
    wanted=lambda facts: facts.wanted,
    play=synchronise,
)
BACKFILL = Study(
    name="Backfill",
    later="two days later",
    few=2_000,
    many=20_000,
    make=signing,
    wanted=lambda facts: facts.wanted,
    play=backfill,
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
