"""The side doors that docs/testing.md names are there."""

from __future__ import annotations

import re
from pathlib import Path

from connectors import Sandbox

PAGE = Path(__file__).parents[2] / "docs" / "testing.md"


def test_the_side_doors_of_the_documentation_are_there() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    box = Sandbox()
    doors: dict[str, object] = {
        "gr": box.getresponse,
        "crm": box.dynamics,
        "ds": box.docusign,
        "ac": box.activecampaign,
    }
    for name, side in doors.items():
        told = {door for row in rows for door in re.findall(rf"\b{name}\.(\w+)", row)}
        assert len(told) > 15
        assert [door for door in told if not hasattr(side, door)] == []
