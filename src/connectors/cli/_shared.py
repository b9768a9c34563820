"""What the commands that work on accounts share: options, how they show progress, how they end."""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import attrs
import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from ..core.observe import Attempt
from ..engine.plans import Plan
from ..engine.report import Check, Report
from ..errors import ConfigError, ConnectorsError

ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", help="The connections file.", show_default=True)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Only the result, as JSON.")]

CONFIG = Path("connections.toml")

Name = TypeVar("Name", bound=StrEnum)


def named(kind: type[Name]) -> Callable[[str], Name]:
    """Reads a word of the command line as one of these."""

    def read(word: str) -> Name:
        try:
            return kind(word)
        except ValueError:
            raise typer.BadParameter(no_such(word, list(kind))) from None

    return read


def no_such(word: str, names: Collection[str], what: str = "") -> str:
    """What to say of a word that is none of these: all there are, and the nearest."""
    near = difflib.get_close_matches(word.lower(), names, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    return f"there is no {what}{word!r}; there are {', '.join(names)}{hint}"


class Busy:
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


class Told:
    """What a command has found: people see it at once, machines all of it at the end (`--json`).

    Attributes:
        result: of the command, as plain data.
    """

    def __init__(self, as_json: bool, *parts: str) -> None:
        self._as_json = as_json
        self._parts: dict[str, list[dict[str, object]]] = {part: [] for part in parts}
        self.result: dict[str, object] = {"ok": True, **self._parts}

    def checks(self, found: Sequence[Check]) -> None:
        """What both services answered."""
        for check in found:
            self._add("checks", attrs.asdict(check), ok=check.ok)
            if not self._as_json:
                style = "" if check.ok else "bold red"
                console = Console(highlight=False)
                console.print(str(check), style=style, markup=False, soft_wrap=True)

    def plan(self, made: Plan) -> None:
        """A plan, without what people's records hold."""
        if self._as_json:
            self._add("plans", _plain(made))
        else:
            print(made)

    def report(self, done: Report) -> None:
        """What a job did."""
        self._add("reports", done.to_dict(), ok=done.ok)
        self.say(str(done))

    def say(self, text: str) -> None:
        """For people alone."""
        if not self._as_json:
            print(text)

    def kept(self, path: Path, holds: str, config: Path) -> None:
        """A plan is in a file now."""
        where = "" if config == CONFIG else f" --config {config}"
        self.say(f"Kept in {path}, which holds {holds}. Within the hour:")
        self.say(f"  connectors run --plan {path}{where}")

    def _add(self, part: str, what: dict[str, object], *, ok: bool = True) -> None:
        self._parts[part].append(what)
        self.result["ok"] = self.result["ok"] and ok


@contextmanager
def ending(as_json: bool, *parts: str) -> Iterator[Told]:
    """Tell the result or the error, and end the command with its exit code."""
    told = Told(as_json, *parts)
    try:
        yield told
    except ConnectorsError as error:
        transient = bool(getattr(error, "transient", False))
        kind = type(error).__name__
        problem = {"kind": kind, "message": str(error), "again": transient}
        told.result |= {"ok": False, "error": problem}
        if not as_json:
            print(f"connectors: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        # Every step is one transaction: what was begun is either kept or never was.
        print("stopped; the sync store is whole, and the next run goes on", file=sys.stderr)
        raise typer.Exit(130) from None
    if as_json:
        print(json.dumps(told.result, indent=2, ensure_ascii=False))
    raise typer.Exit(0 if told.result["ok"] else 1)


def keep(made: Plan, path: Path) -> None:
    """Keep a plan in a file."""
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
