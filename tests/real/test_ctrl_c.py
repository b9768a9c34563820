"""A person stops the command while it works: real processes, real signals, real time."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-W", "error", "-c", "from connectors.cli import main; main()"]


@pytest.mark.skipif(
    sys.platform == "win32", reason="a console's Ctrl-C cannot be sent to one child"
)
@pytest.mark.parametrize(
    ("line", "wait"),
    [
        ("== A CRM with", 0.05),
        ("== first sync: what would change in the contacts", 0.3),
        ("== first sync: apply it", 0.1),
    ],
    ids=["at the beginning", "while planning", "while applying"],
)
def test_ctrl_c_stops_the_demonstration_cleanly(tmp_path: Path, line: str, wait: float) -> None:
    store = tmp_path / "sync.db"
    told = ["demo", "--contacts", "3000", "--store", str(store)]
    with subprocess.Popen(
        [*COMMAND, *told], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        seen = next((text for text in process.stdout if text.startswith(line)), None)
        assert seen is not None, "it never came that far"
        time.sleep(wait)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)

    assert process.returncode == 130, errors
    assert "Traceback" not in output + errors
    assert errors.splitlines() == [f"stopped; the sync store is whole: {store}"]
    with closing(sqlite3.connect(store)) as db:
        assert db.execute("pragma integrity_check").fetchone() == ("ok",)
