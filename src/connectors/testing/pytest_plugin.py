"""The pytest fixture `connectors_sandbox`: both services, fresh for each test.

pytest loads this module in every project that has connectors installed, so it imports nothing but
pytest until the fixture is used.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ..sandbox import CallRecord, Sandbox

MARKER = "connectors_sandbox"


def pytest_addoption(parser: pytest.Parser) -> None:
    """What all tests of a project begin with; a marker says otherwise for one."""
    parser.addini("connectors_sandbox_seed", "seed of the connectors sandbox", default="0")
    parser.addini("connectors_sandbox_contacts", "CRM contacts it begins with", default="0")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(seed=…, contacts=…, start=…, version=…, solution=…, allow_unknown=False, "
        "allow_unused_faults=False): how the connectors sandbox of this test is made; allow_unknown "
        "lets operations pass that it does not know, allow_unused_faults faults that never struck",
    )


@pytest.fixture
def connectors_sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """All services for this test alone, without accounts and network.

    Afterwards it fails the test if the sandbox was asked for something it does not simulate: what
    it answers then (501) says nothing of the real service. So it does if a fault never struck: then
    the test did not test what it says.
    """
    from ..sandbox import Sandbox

    options: dict[str, object] = {
        name: int(request.config.getini(f"connectors_sandbox_{name}"))
        for name in ("seed", "contacts")
    }
    if (marker := request.node.get_closest_marker(MARKER)) is not None:
        if marker.args:
            raise pytest.UsageError(f"@pytest.mark.{MARKER} takes names, such as contacts=50")
        options |= marker.kwargs
    allow_unknown = options.pop("allow_unknown", False)
    allow_unused_faults = options.pop("allow_unused_faults", False)
    try:
        box = Sandbox(**options)  # type: ignore[arg-type]
    except TypeError as error:
        raise pytest.UsageError(f"@pytest.mark.{MARKER}: {error}") from None
    yield box
    complaints = []
    unknown = Counter(_operation(call) for call in box.calls if call.status == 501)
    if unknown and not allow_unknown:
        lines = (f"  {what}" + (f" ({n} times)" if n > 1 else "") for what, n in unknown.items())
        complaints += [
            "the sandbox does not know how the real service answers this:",
            *lines,
            f"(@pytest.mark.{MARKER}(allow_unknown=True) lets it pass)",
        ]
    unused = [fault for fault in box.faults if not fault.struck]
    if unused and not allow_unused_faults:
        complaints += [
            "no call was hit by this:",
            *(f"  {fault!r}" for fault in unused),
            f"(@pytest.mark.{MARKER}(allow_unused_faults=True) lets it pass, and so does "
            "box.faults.clear())",
        ]
    if complaints:
        pytest.fail("\n".join(complaints), pytrace=False)


def _operation(call: CallRecord) -> str:
    """A call without its query and ids, so that equal operations are one."""
    scheme, _, rest = call.url.partition("?")[0].partition("://")
    host, *segments = rest.split("/")
    if call.service == "dynamics":
        segments = [re.sub(r"\([^)]+\)", "(…)", segment) for segment in segments]
    else:  # an id is letters of both cases and digits, where names are lower case
        segments = [s if re.fullmatch(r"v3|[a-z-]+", s) else "…" for s in segments]
    return f"{call.method} {scheme}://{'/'.join([host, *segments])}"
