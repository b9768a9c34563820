"""What the programs here share: a measured number with its bar, and how a run ends."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass

from connectors import Sandbox
from connectors.integrations.getresponse_dynamics.solution import choice


@dataclass(frozen=True)
class Measure:
    """One number. Without a bar it is there to be read, and cannot fail."""

    group: str
    name: str
    value: float
    unit: str = ""
    bar: str = ""
    ok: bool = True


def exactly(group: str, name: str, value: int, bar: int, unit: str = "calls") -> Measure:
    """A count that must be what the formula says."""
    return Measure(group, name, value, unit, f"= {bar}", value == bar)


def compare(group: str, calls: Mapping[str, int], expected: Mapping[str, int]) -> Iterator[Measure]:
    """Endpoint by endpoint, those that nobody expected too."""
    for endpoint in sorted({*calls, *expected}):
        yield exactly(group, endpoint, calls.get(endpoint, 0), expected.get(endpoint, 0))


def at_most(group: str, name: str, value: float, bar: float, unit: str) -> Measure:
    """A number with an upper bar."""
    return Measure(group, name, round(value, 1), unit, f"≤ {bar:g}", value <= bar)


def main(description: str, measure: Callable[[], Iterator[Measure]]) -> None:
    """Measure, print, and leave with 1 where a bar was missed."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print JSON and no table")
    as_json = parser.parse_args().json
    measures = list(measure())
    ok = all(m.ok for m in measures)
    if as_json:
        print(json.dumps({"ok": ok, "measures": [asdict(m) for m in measures]}, indent=2))
    else:
        show(measures)
    raise SystemExit(0 if ok else 1)


def show(measures: list[Measure]) -> None:
    """Print a table, one number a line."""
    width = max(len(m.name) for m in measures)
    group = ""
    for m in measures:
        if m.group != group:
            group = m.group
            print(f"\n{group}")
        verdict = ("pass" if m.ok else "FAIL") if m.bar else ""
        line = f"  {m.name:<{width}}  {m.value:>9,g} {m.unit:<6} {m.bar:<8} {verdict}"
        print(line.rstrip())


def one_list(box: Sandbox) -> int:
    """A static marketing list of all contacts, and a record that asks for it; how many are on it."""
    members = [row["contactid"] for row in box.dynamics.rows("contact")]
    marketing = box.dynamics.add_marketing_list("Everyone", members=members)
    new = choice("gr_liststatus", "new")
    box.dynamics.add_row(
        "gr_list", gr_name="everyone", gr_marketinglistid=marketing, gr_syncstatus=new
    )
    return len(members)
