"""`connectors doctor`, `plan` and `run`: the jobs between the accounts of a connections file."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from ..connections import Connections, load
from ..core.observe import Attempt
from ..engine.plans import Plan
from ..engine.report import Report
from ..errors import ConfigError, ConnectorsError
from ..integrations.getresponse_dynamics.blocking import GetResponseDynamics


class Job(StrEnum):
    """What can be planned and run by itself, in the order in which all are."""

    LISTS = "lists"
    CONTACTS = "contacts"


ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", help="The connections file.", show_default=True)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Only the result, as JSON.")]
JobArgument = Annotated[Job | None, typer.Argument(help="One job; all of them without it.")]

CONFIG = Path("connections.toml")


def doctor(config: ConfigOption = CONFIG, as_json: JsonOption = False) -> None:
    """Check the connections file, both connections and what the jobs need there."""
    with _ending(as_json) as told, _opened(load(config)) as (sync, busy):
        with busy("checking"):
            checks = sync.check()
        told["ok"] = all(check.ok for check in checks)
        told["checks"] = [
            {"service": c.service, "question": c.question, "ok": c.ok, "answer": c.answer}
            for c in checks
        ]
        if not as_json:
            console = Console(highlight=False)
            for check in checks:
                style = "" if check.ok else "bold red"
                console.print(str(check), style=style, markup=False, soft_wrap=True)


def plan(
    job: JobArgument = None,
    save: Annotated[
        Path | None,
        typer.Option(help="Keep the plan in this file, for `run --plan`; needs one job."),
    ] = None,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Show what a run would change, and why. Changes nothing outside the store."""
    if save is not None and job is None:
        raise typer.BadParameter("a file keeps one plan: name the job, lists or contacts")
    with _ending(as_json) as told, _opened(load(config)) as (sync, busy):
        plans: list[dict[str, object]] = []
        told["plans"] = plans
        for each in _chosen(job):
            with busy(f"planning {each.value}"):
                made = sync.lists.plan() if each is Job.LISTS else sync.contacts.plan()
            if save is not None:
                _save(made, save)
            if as_json:
                plans.append(_plain(made))
            else:
                print(made)
        if save is not None and not as_json:
            print(f"Kept in {save}, which holds names and addresses. Within the hour:")
            where = "" if config == CONFIG else f" --config {config}"
            print(f"  connectors run --plan {save}{where}")


def run(
    job: JobArgument = None,
    saved: Annotated[
        Path | None, typer.Option("--plan", help="Apply this saved plan, and nothing else.")
    ] = None,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Run the jobs, or apply a saved plan, and report what was done."""
    if saved is not None and job is not None:
        raise typer.BadParameter("a saved plan says itself which job it is of: leave the job away")
    with _ending(as_json) as told, _opened(load(config)) as (sync, busy):
        reports: list[dict[str, object]] = []
        told["reports"] = reports

        def tell(report: Report) -> None:
            reports.append(report.to_dict())
            told["ok"] = told["ok"] and report.ok
            if not as_json:
                print(report)

        if saved is not None:
            kept = Plan.load(saved)
            with busy(f"applying {saved}"):
                done = sync.apply(kept)
            tell(done)
            return
        for each in _chosen(job):
            with busy(f"running {each.value}"):
                done = sync.lists.run() if each is Job.LISTS else sync.contacts.run()
            tell(done)


def _chosen(job: Job | None) -> tuple[Job, ...]:
    return tuple(Job) if job is None else (job,)


def _save(made: Plan, path: Path) -> None:
    try:
        made.save(path)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from None


def _plain(made: Plan) -> dict[str, object]:
    """A plan as plain data, without what people's records hold."""
    return {
        "id": made.id,
        "job": made.job,
        "created_at": made.created_at.isoformat(),
        "digest": made.digest,
        "writes": made.writes,
        "counts": dict(made.counts),
        "reasons": dict(made.reasons),
        "warnings": list(made.warnings),
        "calls": dict(made.calls),
        "changes": [
            {
                "verb": change.verb.value,
                "side": change.side.value,
                "kind": change.kind,
                "ref": change.ref,
                "subject": change.subject,
                "reason": change.reason,
            }
            for change in made
        ],
    }


# --- what all of them share ------------------------------------------------------------------


class _Busy:
    """Shows on a terminal what is being done, and how many calls it took so far."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._progress: Progress | None = None

    def count(self, attempt: Attempt) -> None:
        """Is told of every call."""
        progress = self._progress
        if progress is not None:
            progress.advance(progress.task_ids[0])

    @contextmanager
    def __call__(self, what: str) -> Iterator[None]:
        if not self._console.is_terminal:
            yield
            return
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}: {task.completed:.0f} calls", markup=False),
            TimeElapsedColumn(),
        )
        # Results go to stdout, which may be a file: it is left alone.
        with Progress(
            *columns,
            console=self._console,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        ) as progress:
            progress.add_task(what, total=None)
            self._progress = progress
            try:
                yield
            finally:
                self._progress = None


@contextmanager
def _opened(connections: Connections) -> Iterator[tuple[GetResponseDynamics, _Busy]]:
    busy = _Busy()
    with connections.sync(hooks=[busy.count]) as sync:
        yield sync, busy


@contextmanager
def _ending(as_json: bool) -> Iterator[dict[str, object]]:
    """Tell the result or the error, and end the command with its exit code."""
    told: dict[str, object] = {"ok": True}
    try:
        yield told
    except ConnectorsError as error:
        transient = bool(getattr(error, "transient", False))
        kind = type(error).__name__
        told |= {"ok": False, "error": {"kind": kind, "message": str(error), "again": transient}}
        if not as_json:
            print(f"connectors: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        # Every step is one transaction: what was begun is either kept or never was.
        print("stopped; the sync store is whole, and the next run goes on", file=sys.stderr)
        raise typer.Exit(130) from None
    if as_json:
        print(json.dumps(told, indent=2, ensure_ascii=False))
    raise typer.Exit(0 if told["ok"] else 1)
