"""What a server can do, by the API version that is asked for and by where it runs."""

from __future__ import annotations

from enum import Enum

from attrs import frozen

from ..errors import ConfigError

VERSIONS = ("8.2", "9.0", "9.1", "9.2")


class Deployment(Enum):
    """Where the environment runs."""

    ONLINE = "online"
    ON_PREMISES = "on-premises"


@frozen(kw_only=True)
class Capabilities:
    """What one server can do.

    Attributes:
        bulk_actions: `UpsertMultiple` and its like.
        continue_on_error: a batch goes on behind a refused part.
        batch_change_set_each: a batch takes each write only within a change set.
        null_clears_lookup: a lookup set to None in an update is cleared.
        track_changes: tracked reads with delta links are documented.
        service_protection: calls are limited, and 429 says how long to wait.
    """

    version: str
    deployment: Deployment
    bulk_actions: bool
    continue_on_error: bool
    batch_change_set_each: bool
    null_clears_lookup: bool
    track_changes: bool
    service_protection: bool


def capabilities(version: str, deployment: Deployment | str = Deployment.ONLINE) -> Capabilities:
    """What a server answers to this API version.

    Raises:
        ConfigError: no such version or deployment.
    """
    if version not in VERSIONS:
        raise ConfigError(f"API version {version!r} is none of {', '.join(VERSIONS)}")
    try:
        place = Deployment(deployment)
    except ValueError:
        names = ", ".join(d.value for d in Deployment)
        raise ConfigError(f"deployment {deployment!r} is none of {names}") from None
    online = place is Deployment.ONLINE
    if not online and version == "9.2":
        raise ConfigError('version 9.2 exists online only; on premises use version="9.1" or older')
    # On premises, v9.1 is documented no further than v9.0 in what a batch takes.
    modern_batch = online and version in ("9.1", "9.2")
    return Capabilities(
        version=version,
        deployment=place,
        bulk_actions=online and version == "9.2",
        continue_on_error=modern_batch,
        batch_change_set_each=not modern_batch,
        null_clears_lookup=version != "8.2",
        track_changes=version != "8.2",
        service_protection=online and version != "8.2",
    )
