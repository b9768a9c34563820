"""The demonstration: real input, both services offline, every change explained, every claim checked.

It makes a world from the committed data, plans and applies, runs again, plays a day of edits on both
sides, synchronises again, and checks what it says. It needs no account and no network.
"""

from .day import Check
from .play import CallRow, Demo, Result
from .world import DATA, generated_world, load_world

__all__ = ["DATA", "CallRow", "Check", "Demo", "Result", "generated_world", "load_world"]
