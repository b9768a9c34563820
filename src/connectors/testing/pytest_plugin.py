"""The pytest fixture `connectors_sandbox`: both services, fresh for each test.

pytest loads this module in every project that has connectors installed, so it imports nothing but
pytest until the fixture is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ..sandbox import Sandbox

MARKER = "connectors_sandbox"


def pytest_addoption(parser: pytest.Parser) -> None:
    """What all tests of a project begin with; a marker says otherwise for one."""
    parser.addini("connectors_sandbox_seed", "seed of the connectors sandbox", default="0")
    parser.addini("connectors_sandbox_contacts", "CRM contacts it begins with", default="0")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(seed=…, contacts=…, start=…, version=…, solution=…, allow_unknown=False): how "
        "the connectors sandbox of this test is made; allow_unknown lets operations pass that it "
        "does not know",
    )


@pytest.fixture
def connectors_sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """GetResponse and Dynamics 365 for this test alone, without accounts and network.

    Afterwards it fails the test if the sandbox was asked for something it does not simulate: what
    it answers then (501) says nothing of the real service.
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
    try:
        box = Sandbox(**options)  # type: ignore[arg-type]
    except TypeError as error:
        raise pytest.UsageError(f"@pytest.mark.{MARKER}: {error}") from None
    yield box
    unknown = [call for call in box.calls if call.status == 501]
    if unknown and not allow_unknown:
        lines = "\n".join(f"  {call.method} {call.url}" for call in unknown)
        pytest.fail(
            f"the sandbox does not know how the real service answers this:\n{lines}\n"
            f"(@pytest.mark.{MARKER}(allow_unknown=True) lets it pass)",
            pytrace=False,
        )
