"""`connectors demo`: the whole job offline, checked."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from .. import demo as demonstration
from ..demo import docusign
from ..runtime.http import Transport

T = TypeVar("T")
Show = Callable[[str], None]
Wrap = Callable[[Transport], Transport]


class Which(StrEnum):
    """What is played."""

    GETRESPONSE = "getresponse"
    DOCUSIGN = "docusign"


def demo(
    which: Annotated[
        Which,
        typer.Argument(help="GetResponse and Dynamics 365, or DocuSign and ActiveCampaign."),
    ] = Which.GETRESPONSE,
    contacts: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=200_000,
            help="Generated contacts instead of the committed data; not for docusign.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Makes the run repeatable.")] = 1,
    store: Annotated[
        Path | None, typer.Option(help="Where the sync store goes; must not exist yet.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Only the result, as JSON.")] = False,
) -> None:
    """Play the whole job offline: set up, carry over, run again, and check what came of it."""
    console = Console(highlight=False)
    if which is Which.DOCUSIGN and contacts is not None:
        raise typer.BadParameter("--contacts: docusign plays the committed envelopes only")
    if store is None and which is Which.GETRESPONSE:
        store = Path(tempfile.mkdtemp(prefix="connectors-demo-")) / "sync.db"
    if store is not None and store.exists():
        raise typer.BadParameter(f"{store} exists; the demonstration starts with a new store")
    try:
        if store is not None and which is Which.GETRESPONSE:
            _getresponse(console, store, contacts, seed, as_json=as_json)
        else:
            _docusign(console, store, seed, as_json=as_json)
    except KeyboardInterrupt:
        # All services lived in this process; only the store is left.
        left = f"; the sync store is whole: {store}" if store else ""
        print(f"stopped{left}", file=sys.stderr)
        raise typer.Exit(130) from None


def _getresponse(
    console: Console, store: Path, contacts: int | None, seed: int, *, as_json: bool
) -> None:
    def play(show: Show, wrap: Wrap) -> demonstration.Result:
        return demonstration.Demo(store, contacts=contacts, seed=seed, show=show, wrap=wrap).run()

    result = _watched(console, play, quiet=as_json)
    if as_json:
        _print(result.to_dict())
    else:
        _checks(console, result.checks)
        _calls(console, result.calls)
        console.print("Phase by phase: connectors demo --json")
        console.print(f"The sync store: {result.store}", soft_wrap=True)
        _verdict(console, result.ok)
    raise typer.Exit(0 if result.ok else 1)


def _docusign(console: Console, store: Path | None, seed: int, *, as_json: bool) -> None:
    def play(show: Show, wrap: Wrap) -> docusign.Result:
        return docusign.Demo(store, seed=seed, show=show, wrap=wrap).run()

    result = _watched(console, play, quiet=as_json)
    if as_json:
        _print(result.to_dict())
    else:
        console.print()
        table = Table("", "what", "how many", title="What there is in the first world")
        table.columns[2].justify = "right"
        for title, rows in result.counts.items():
            for number, (name, count) in enumerate(rows.items()):
                table.add_row("" if number else title, name, str(count))
            table.add_section()
        console.print(table)
        _checks(console, result.checks)
        _calls(console, result.calls)
        console.print(
            f"Waited {result.waited:.0f} s by the sandbox's clock, for ActiveCampaign takes 5 calls "
            "a second."
        )
        console.print("First world:  {}\nSecond world: {}".format(*result.digests))
        console.print("World by world: connectors demo docusign --json")
        if result.store:
            console.print(f"The sync store: {result.store}", soft_wrap=True)
        _verdict(console, result.ok)
    raise typer.Exit(0 if result.ok else 1)


def _print(result: Mapping[str, object]) -> None:
    print(json.dumps(result, indent=2, ensure_ascii=False))


def _watched(console: Console, play: Callable[[Show, Wrap], T], *, quiet: bool) -> T:
    """Play, and count the calls on a terminal."""

    def show(line: str) -> None:
        if not quiet:
            console.print(line, markup=False, soft_wrap=True)

    if quiet or not console.is_terminal:
        return play(show, lambda transport: transport)
    columns = (SpinnerColumn(), TextColumn("{task.completed:.0f} calls"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("calls", total=None)
        return play(show, lambda transport: _Watched(transport, lambda: progress.advance(task)))


class _Watched:
    """A transport that tells of each call it passes on."""

    def __init__(self, transport: Transport, tell: Callable[[], None]) -> None:
        self._transport = transport
        self._tell = tell
        self.clock = getattr(transport, "clock", None)

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        self._tell()
        return self._transport(method, url, headers, body)


def _checks(console: Console, checks: Sequence[demonstration.Check]) -> None:
    table = Table("what happened", "what must have come of it", "held", title="What came of it")
    for check in checks:
        table.add_row(check.what, check.expected, "yes" if check.ok else "[bold red]NO[/]")
    console.print()
    console.print(table)


def _calls(console: Console, calls: Sequence[demonstration.CallRow]) -> None:
    table = Table("endpoint", "calls", "expected", title="Calls beside the formula")
    for endpoint in sorted({row.endpoint for row in calls}):
        rows = [row for row in calls if row.endpoint == endpoint]
        style = "" if all(row.calls == row.expected for row in rows) else "bold red"
        made, wanted = sum(r.calls for r in rows), sum(r.expected for r in rows)
        table.add_row(endpoint, str(made), str(wanted), style=style)
    console.print(table)


def _verdict(console: Console, ok: bool) -> None:
    console.print("Everything was as it must be." if ok else "[bold red]Not everything held.[/]")
