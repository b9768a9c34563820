"""`connectors demo`: the whole job offline, checked."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from .. import demo as demonstration
from ..runtime.http import Transport


def demo(
    contacts: Annotated[
        int | None,
        typer.Option(min=1, max=200_000, help="Generated contacts instead of the committed data."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Makes the run repeatable.")] = 1,
    store: Annotated[
        Path | None, typer.Option(help="Where the sync store goes; must not exist yet.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Only the result, as JSON.")] = False,
) -> None:
    """Play the whole job offline: plan, apply, run again, a day of edits, and what came of each."""
    console = Console(highlight=False)
    path = store or Path(tempfile.mkdtemp(prefix="connectors-demo-")) / "sync.db"
    if path.exists():
        raise typer.BadParameter(f"{path} exists; the demonstration starts with a new store")
    try:
        result = _play(console, path, contacts, seed, quiet=as_json)
    except KeyboardInterrupt:
        # Both services lived in this process; only the store is left.
        print(f"stopped; the sync store is whole: {path}", file=sys.stderr)
        raise typer.Exit(130) from None
    if as_json:
        print(json.dumps(result.to_dict(), indent=2, ensure_ascii=False))
    else:
        _show_result(console, result)
    raise typer.Exit(0 if result.ok else 1)


def _play(
    console: Console, path: Path, contacts: int | None, seed: int, *, quiet: bool
) -> demonstration.Result:
    def show(line: str) -> None:
        if not quiet:
            console.print(line, markup=False, soft_wrap=True)

    if quiet or not console.is_terminal:
        return demonstration.Demo(path, contacts=contacts, seed=seed, show=show).run()
    columns = (SpinnerColumn(), TextColumn("{task.completed:.0f} calls"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("calls", total=None)

        def wrap(transport: Transport) -> Transport:
            return _Watched(transport, lambda: progress.advance(task))

        return demonstration.Demo(path, contacts=contacts, seed=seed, show=show, wrap=wrap).run()


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


def _show_result(console: Console, result: demonstration.Result) -> None:
    checks = Table("what happened", "what must have come of it", "held", title="What came of it")
    for check in result.checks:
        checks.add_row(check.what, check.expected, "yes" if check.ok else "[bold red]NO[/]")
    calls = Table("endpoint", "calls", "expected", title="Calls beside the formula")
    for endpoint in sorted({row.endpoint for row in result.calls}):
        rows = [row for row in result.calls if row.endpoint == endpoint]
        style = "" if all(row.calls == row.expected for row in rows) else "bold red"
        made, wanted = sum(r.calls for r in rows), sum(r.expected for r in rows)
        calls.add_row(endpoint, str(made), str(wanted), style=style)
    console.print()
    console.print(checks)
    console.print(calls)
    console.print("Phase by phase: connectors demo --json")
    console.print(f"The sync store: {result.store}", soft_wrap=True)
    console.print(
        "Everything was as it must be." if result.ok else "[bold red]Not everything held.[/]"
    )
