"""What `import connectors` costs over a bare Python, and what it loads.

    python benchmarks/imports.py [--json]

Both programs run by turns, in this very interpreter, and the fastest of each counts: what else the
machine does can only add.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.measures import Measure, at_most, exactly, main

RUNS = 15
BAR = 30
"""Milliseconds."""

NOTHING = "pass"
IMPORT = "import connectors"


def measure() -> Iterator[Measure]:
    """Time both, then look at what one of them has loaded."""
    times: dict[str, list[float]] = {NOTHING: [], IMPORT: []}
    for code in times:
        run(code)  # so that compiled files exist and are at hand
    for _ in range(RUNS):
        for code, taken in times.items():
            began = time.perf_counter()
            run(code)
            taken.append((time.perf_counter() - began) * 1000)
    bare, loaded = (min(taken) for taken in times.values())
    group = f"A new process, fastest of {RUNS}"
    yield Measure(group, "bare Python", round(bare, 1), "ms")
    yield Measure(group, "with `import connectors`", round(loaded, 1), "ms")
    yield Measure(group, "ratio", round(loaded / bare, 2))
    yield at_most(group, "difference", loaded - bare, BAR, "ms")
    found = (modules(IMPORT) - modules(NOTHING)) - {*sys.stdlib_module_names, "connectors"}
    group = "Loaded by `import connectors`"
    name = f"modules of other packages{': ' if found else ''}{', '.join(sorted(found))}"
    yield exactly(group, name, len(found), 0, "")


def run(code: str) -> str:
    """Run a program in a new process; the answer is what it printed."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


def modules(code: str) -> set[str]:
    """The top-level modules that are loaded after `code`; some are in a bare Python."""
    loaded = run(f"{code}\nimport sys\nprint(*sys.modules)").split()
    return {name.partition(".")[0] for name in loaded}


if __name__ == "__main__":
    main(__doc__ or "", measure)
