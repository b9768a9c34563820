"""`doctor docusign`, `plan docusign` and `run docusign`: DocuSign into ActiveCampaign."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path

import typer
from attrs import frozen

from ..connections import Connections
from ..engine.plans import Plan
from ..errors import ConfigError
from ..integrations.docusign_activecampaign.blocking import DocuSignActiveCampaign
from ..integrations.docusign_activecampaign.firing import Firing
from ..integrations.docusign_activecampaign.setups import Preview
from ._shared import Busy, Told, no_such


class Job(StrEnum):
    """What can be run by itself."""

    SETUP = "setup"
    EVENTS = "events"
    RECONCILE = "reconcile"
    BACKFILL = "backfill"
    ENVELOPE = "envelope"


_USUAL = (Job.EVENTS, Job.RECONCILE)
"""What `run docusign` does where no job is named."""

_FIRING = (Job.EVENTS, Job.RECONCILE, Job.ENVELOPE)
"""Jobs in which triggers fire."""


@frozen(kw_only=True)
class Asked:
    """What is to be run."""

    jobs: tuple[Job, ...]
    since: datetime | None = None
    until: datetime | None = None
    envelope: str = ""
    account: str | None = None


# --- what was typed --------------------------------------------------------------------------


def check_plan_words(words: Sequence[str]) -> None:
    """Only the setup is planned.

    Raises:
        BadParameter: something else was asked for.
    """
    if list(words) not in ([], [Job.SETUP]):
        raise typer.BadParameter("of docusign the setup is planned, and nothing else")


def adopted(pairs: Sequence[str]) -> dict[str, str]:
    """Connect configurations made by hand, by account.

    Raises:
        BadParameter: what is no pair, an account that comes twice.
    """
    found: dict[str, str] = {}
    for pair in pairs:
        account, equals, connect_id = pair.partition("=")
        if not (account and equals and connect_id):
            raise typer.BadParameter(f"--adopt takes ACCOUNT=CONNECT_ID, got {pair!r}")
        if account in found:
            raise typer.BadParameter(f"--adopt names account {account} twice")
        found[account] = connect_id
    return found


def asked(
    words: Sequence[str], *, since: str | None, until: str | None, account: str | None
) -> Asked:
    """What the words behind `run docusign` and its options ask for.

    Raises:
        BadParameter: a job that does not exist, an option that is not the job's.
    """
    name, *more = words or ("",)
    if name and name not in list(Job):
        raise typer.BadParameter(no_such(name, list(Job), "job "))
    job = Job(name) if name else None
    if len(more) != (job is Job.ENVELOPE):
        wanted = "takes the id of one envelope" if job is Job.ENVELOPE else "takes nothing more"
        raise typer.BadParameter(f"run docusign {name} {wanted}")
    if job is not Job.BACKFILL and (since or until):
        raise typer.BadParameter("--since and --until are of `run docusign backfill`")
    if job is not Job.ENVELOPE and account:
        raise typer.BadParameter("--account is of `run docusign envelope`")
    if job is Job.BACKFILL and since is None:
        raise typer.BadParameter("say from when on: --since 2026-01-31")
    return Asked(
        jobs=_USUAL if job is None else (job,),
        since=_moment("--since", since),
        until=_moment("--until", until),
        envelope=more[0] if more else "",
        account=account,
    )


def _moment(option: str, text: str | None) -> datetime | None:
    """A day, which begins at midnight UTC, or a moment with its offset."""
    if text is None:
        return None
    try:
        if len(text) == len("2026-01-31"):
            day = date.fromisoformat(text)
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise typer.BadParameter(
            f"{option} takes a day, 2026-01-31, or a moment with its offset from UTC, "
            f"2026-01-31T08:00+01:00; got {text!r}"
        )
    return moment


# --- what is done ----------------------------------------------------------------------------


def check_meant(connections: Connections) -> None:
    """Refuse a command for GetResponse and Dynamics where the file has only the others' tables.

    Raises:
        ConfigError: with the word that is lacking.
    """
    if connections.docusign and connections.getresponse is None:
        raise ConfigError(
            f"{connections.path}: the table [getresponse] is missing; for DocuSign and ActiveCampaign "
            "write the word docusign behind the command, as in `connectors doctor docusign`"
        )


def doctor(connections: Connections, told: Told) -> None:
    """Ask both services."""
    with _opened(connections) as (bridge, busy):
        with busy("checking"):
            checks = bridge.check()
        told.checks(checks)


def plan(connections: Connections, told: Told, *, adopt: Mapping[str, str], remove: bool) -> Plan:
    """What the settings lead to, and what has to be made for it."""
    with _opened(connections) as (bridge, busy):
        if not remove:
            preview = bridge.setup.preview()
            told.say(f"{preview}\n")
            told.result["preview"] = _plain(preview)
        with busy("planning setup"):
            made = _planned(connections, bridge, adopt=adopt, remove=remove)
        told.plan(made)
        return made


def apply(made: Plan, path: Path, connections: Connections, told: Told) -> None:
    """Carry a saved plan out."""
    with _opened(connections) as (bridge, busy):
        with busy(f"applying {path}"):
            done = bridge.apply(made)
        told.report(done)


def run(asked: Asked, connections: Connections, told: Told) -> None:
    """Run the jobs that were asked for.

    Raises:
        ConfigError: they would call functions that are not here.
    """
    if set(asked.jobs) & set(_FIRING):
        _refuse_callbacks(connections)
    with _opened(connections) as (bridge, busy):
        for job in asked.jobs:
            with busy(f"running {job.value}"):
                if job is Job.SETUP:
                    done = bridge.apply(_planned(connections, bridge, adopt={}, remove=False))
                elif job is Job.EVENTS:
                    done = bridge.events.run()
                elif job is Job.RECONCILE:
                    done = bridge.reconcile.run()
                elif job is Job.ENVELOPE:
                    done = bridge.events.sync_now(asked.envelope, account_id=asked.account)
                else:
                    assert asked.since is not None
                    done = bridge.backfill.run(asked.since, asked.until)
            told.report(done)


def _planned(
    connections: Connections,
    bridge: DocuSignActiveCampaign,
    *,
    adopt: Mapping[str, str],
    remove: bool,
) -> Plan:
    if not (connections.webhook_url or remove):
        raise ConfigError(
            f"{connections.path}: bridge.url is missing: the public https address of your webhook "
            'endpoint, url = "https://example.com/docusign"'
        )
    return bridge.setup.plan(connections.webhook_url, adopt=adopt, remove=remove)


def _plain(preview: Preview) -> dict[str, object]:
    return {
        "tags": [
            {"action": one.action.value, "tag": one.tag, "only_if": list(one.only_if)}
            for one in preview.tags
        ],
        "record_fields": dict(preview.record_fields),
        "events": list(preview.events),
        "mapping": [{"source": source, "target": target} for source, target in preview.mapping],
    }


def _refuse_callbacks(connections: Connections) -> None:
    names = connections.callback_names
    if names:
        raise ConfigError(
            f"{connections.path}: automations call {', '.join(map(repr, names))}, functions of your "
            "own program, which this command does not have: run these jobs there, with "
            "connections.bridge(callbacks=…)"
        )


@contextmanager
def _opened(connections: Connections) -> Iterator[tuple[DocuSignActiveCampaign, Busy]]:
    if not connections.docusign and connections.getresponse is not None:
        raise ConfigError(
            f"{connections.path}: the table [docusign] is missing; for GetResponse and Dynamics leave "
            "the word docusign away, as in `connectors doctor`"
        )
    busy = Busy()
    absent = dict.fromkeys(connections.callback_names, _absent)
    with connections.bridge(callbacks=absent, hooks=[busy.count]) as bridge:
        yield bridge, busy


def _absent(firing: Firing) -> None:
    """Stands for a function of the host in jobs in which nothing fires."""
