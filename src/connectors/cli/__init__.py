"""The command line: thin, it only asks the library and shows what it answers.

Exit codes: 0 all is well, 1 something failed or was refused, 2 wrong usage, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import io
import logging
import sys
import traceback
from typing import Annotated

import typer

from .. import __version__
from ..errors import ConnectorsError
from ._demo import demo
from ._serve import serve
from ._sync import doctor, plan, run

# Pretty tracebacks would print local variables, and with them people's addresses.
app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
for command in (demo, doctor, plan, run, serve):
    app.command()(command)


def _tell_version(wanted: bool) -> None:
    if wanted:
        print(f"connectors {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Show it.")
    ] = False,
) -> None:
    """Typed clients for DocuSign, ActiveCampaign, GetResponse and Dynamics 365, and what ties them."""


def main() -> None:
    """The `connectors` command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a name shows a question mark, and the run goes on.
            stream.reconfigure(errors="replace")
    # Ctrl-C within a rollback is logged by the pool with its traceback, and then raised as well.
    logging.getLogger("sqlalchemy.pool").addHandler(logging.NullHandler())
    try:
        app()
    except ConnectorsError as error:
        sys.exit(f"connectors: {error}")
    except Exception as error:
        # Where, but not what: the message of somebody else's error may hold anything.
        print(*traceback.format_tb(error.__traceback__), sep="", end="", file=sys.stderr)
        sys.exit(f"connectors: unexpected {type(error).__name__}; please report the lines above")
