"""`connectors doctor`, `plan` and `run`: the jobs between the accounts of a connections file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ..connections import Connections, load
from ..engine.plans import Plan
from ..errors import ConfigError
from ..integrations.docusign_activecampaign.setups import SETUP_JOB
from ..integrations.getresponse_dynamics.blocking import GetResponseDynamics
from . import _bridge
from ._shared import CONFIG, Busy, ConfigOption, JsonOption, Told, ending, keep, named, no_such


class Integration(StrEnum):
    """What is run between which services, by the one that it begins with."""

    GETRESPONSE = "getresponse"
    DOCUSIGN = "docusign"


class Job(StrEnum):
    """What can be planned and run by itself, in the order in which all are."""

    LISTS = "lists"
    CONTACTS = "contacts"


def doctor(
    integration: Annotated[
        Integration,
        typer.Argument(
            parser=named(Integration),
            help="Which connections are checked.",
            show_default=True,
        ),
    ] = Integration.GETRESPONSE,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Check the connections file, both connections and what the jobs need there."""
    with ending(as_json, "checks") as told:
        connections = load(config)
        if integration is Integration.DOCUSIGN:
            _bridge.doctor(connections, told)
            return
        with _opened(connections) as (sync, busy):
            with busy("checking"):
                checks = sync.check()
            told.checks(checks)


def plan(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="JOB", help="lists or contacts (getresponse), both without it; or docusign."
        ),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(help="Keep the plan in this file, for `run --plan`; needs one job."),
    ] = None,
    remove: Annotated[
        bool, typer.Option("--remove", help="docusign: plan to take the connection away.")
    ] = False,
    adopt: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ACCOUNT=CONNECT_ID",
            help="docusign: use this configuration, which was made by hand. Once per account.",
        ),
    ] = None,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Show what a run would change, and why. Changes nothing outside the store."""
    integration, words = _integration(what)
    if integration is Integration.DOCUSIGN:
        _bridge.check_plan_words(words)
        by_hand = _bridge.adopted(adopt or ())
        if remove and by_hand:
            raise typer.BadParameter("--remove and --adopt exclude each other")
        with ending(as_json, "plans") as told:
            made = _bridge.plan(load(config), told, adopt=by_hand, remove=remove)
            if save is not None:
                keep(made, save)
                told.kept(save, "names of your fields and accounts", config)
        return
    if remove or adopt:
        raise typer.BadParameter("--remove and --adopt are of `plan docusign`")
    job = _job(words)
    if save is not None and job is None:
        raise typer.BadParameter("a file keeps one plan: name the job, lists or contacts")
    with ending(as_json, "plans") as told, _opened(load(config)) as (sync, busy):
        for each in _chosen(job):
            with busy(f"planning {each.value}"):
                made = sync.lists.plan() if each is Job.LISTS else sync.contacts.plan()
            if save is not None:
                keep(made, save)
            told.plan(made)
        if save is not None:
            told.kept(save, "names and addresses", config)


def run(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="JOB",
            help="lists or contacts (getresponse), both without it; or docusign, and behind it setup, "
            "events, reconcile, backfill or envelope ID, without them events and reconcile.",
        ),
    ] = None,
    saved: Annotated[
        Path | None, typer.Option("--plan", help="Apply this saved plan, and nothing else.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="docusign backfill: from this day, or this moment, on.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="docusign backfill: up to then; until now without it.")
    ] = None,
    account: Annotated[
        str | None, typer.Option(help="docusign envelope: its account, where there are several.")
    ] = None,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Run the jobs, or apply a saved plan, and report what was done."""
    integration, words = _integration(what)
    if saved is not None:
        if words or since or until or account:
            raise typer.BadParameter(
                "a saved plan says itself which job it is of: leave the job away"
            )
        with ending(as_json, "reports") as told:
            _apply(Plan.load(saved), saved, integration if what else None, load(config), told)
        return
    if integration is Integration.DOCUSIGN:
        asked = _bridge.asked(words, since=since, until=until, account=account)
        with ending(as_json, "reports") as told:
            _bridge.run(asked, load(config), told)
        return
    if since or until or account:
        raise typer.BadParameter("--since, --until and --account are of `run docusign`")
    job = _job(words)
    with ending(as_json, "reports") as told, _opened(load(config)) as (sync, busy):
        for each in _chosen(job):
            with busy(f"running {each.value}"):
                done = sync.lists.run() if each is Job.LISTS else sync.contacts.run()
            told.report(done)


def _apply(
    made: Plan, path: Path, asked: Integration | None, connections: Connections, told: Told
) -> None:
    of = Integration.DOCUSIGN if made.job == SETUP_JOB else Integration.GETRESPONSE
    if asked not in (None, of):
        raise ConfigError(f"{path} is a plan of {of.value}, not of {asked}")
    if of is Integration.DOCUSIGN:
        _bridge.apply(made, path, connections, told)
        return
    with _opened(connections) as (sync, busy):
        with busy(f"applying {path}"):
            done = sync.apply(made)
        told.report(done)


def _integration(what: Sequence[str] | None) -> tuple[Integration, list[str]]:
    """The integration that is named first, or else the usual one, and the words behind it."""
    words = list(what or ())
    if words and words[0] in list(Integration):
        return Integration(words[0]), words[1:]
    return Integration.GETRESPONSE, words


def _job(words: Sequence[str]) -> Job | None:
    if not words:
        return None
    if len(words) > 1 or words[0] not in list(Job):
        raise typer.BadParameter(no_such(" ".join(words), [*Integration, *Job]))
    return Job(words[0])


def _chosen(job: Job | None) -> tuple[Job, ...]:
    return tuple(Job) if job is None else (job,)


@contextmanager
def _opened(connections: Connections) -> Iterator[tuple[GetResponseDynamics, Busy]]:
    _bridge.check_meant(connections)
    busy = Busy()
    with connections.sync(hooks=[busy.count]) as sync:
        yield sync, busy
