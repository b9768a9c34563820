"""What the tests of requirements start from."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.facades import WORLDS, World
from tests.requirements.kit import Pair


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> World:
    chosen: World = request.param
    return chosen


@pytest.fixture
def make(world: World) -> Iterator[Callable[..., Pair]]:
    """Makes pairs of services in one world and closes them at the end."""
    made: list[Pair] = []

    def one(**options: object) -> Pair:
        made.append(Pair(world, **options))  # type: ignore[arg-type]
        return made[-1]

    yield one
    for pair in made:
        pair.close()


@pytest.fixture
def pair(make: Callable[..., Pair]) -> Pair:
    return make()
