"""What the tests of requirements start from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.facades import WORLDS, World
from tests.requirements.bridge_kit import Bridge
from tests.requirements.kit import Pair


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> World:
    """Both worlds, one after the other."""
    chosen: World = request.param
    return chosen


@pytest.fixture
def make() -> Iterator[Callable[..., Pair]]:
    """Makes pairs of services and closes them at the end."""
    made: list[Pair] = []

    def one(world: World = "blocking", **options: Any) -> Pair:
        made.append(Pair(world, **options))
        return made[-1]

    yield one
    for pair in made:
        pair.close()


@pytest.fixture
def pair(make: Callable[..., Pair]) -> Pair:
    """Both services and the blocking integration."""
    return make()


@pytest.fixture
def any_pair(make: Callable[..., Pair], world: World) -> Pair:
    """Both services and the integration, in either world."""
    return make(world)


@pytest.fixture
def bridges() -> Iterator[Callable[..., Bridge]]:
    """Makes DocuSign, ActiveCampaign and what ties them, and closes them at the end."""
    made: list[Bridge] = []

    def one(world: World = "blocking", **options: Any) -> Bridge:
        made.append(Bridge(world, **options))
        return made[-1]

    yield one
    for bridge in made:
        bridge.close()


@pytest.fixture
def bridge(bridges: Callable[..., Bridge]) -> Bridge:
    """Both services and the blocking integration, set up."""
    return bridges()


@pytest.fixture
def any_bridge(bridges: Callable[..., Bridge], world: World) -> Bridge:
    """Both services and the integration, set up, in either world."""
    return bridges(world)
