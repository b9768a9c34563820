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
        bulk_actions: `UpsertMultiple` and its like; each table has them or not.
        continue_on_error: a batch goes on behind a refused part.
        batch_change_set_each: a batch takes each write only within a change set.
        references_in_bodies: `$1` in the body of a call of a change set means an earlier one.
        null_clears_lookup: a lookup set to None in an update is cleared.
        track_changes: tracked reads with delta links are documented. Without, they may work: the
            last page has no delta link where they do not.
        service_protection: calls are limited, and 429 says how long to wait.
        nested_expand: expanded rows may expand others in turn.
        multi_select_choice: columns of several options.
        choice_by_name: global choices can be asked for by name.
        total_record_count: `RetrieveTotalRecordCount`, which counts beyond 5000.
        metadata_changes: `RetrieveMetadataChanges`.
        reactivate_key: `ReactivateEntityKey`; else a failed key is deleted and made again.
        privilege_names: privileges of users and roles come with their names.
        sharing_actions: `GrantAccess` and its kin.
        caller_object_id: acting as a user by its Entra object id.
        duplicate_detection: rules that find duplicates can be switched on for a call.
        bypass_headers: the environment's own logic and flows can be left out for a call.
        strong_consistency: a read can ask for what was changed in the last seconds.
        create_entities: `CreateEntities`, tables with all their columns in one call.
        background_operations: `Prefer: respond-async`.
        stage_and_upgrade: `StageAndUpgrade`; else import as holding solution, then promote.
    """

    version: str
    deployment: Deployment
    bulk_actions: bool
    continue_on_error: bool
    batch_change_set_each: bool
    references_in_bodies: bool
    null_clears_lookup: bool
    track_changes: bool
    service_protection: bool
    nested_expand: bool
    multi_select_choice: bool
    choice_by_name: bool
    total_record_count: bool
    metadata_changes: bool
    reactivate_key: bool
    privilege_names: bool
    sharing_actions: bool
    caller_object_id: bool
    duplicate_detection: bool
    bypass_headers: bool
    strong_consistency: bool
    create_entities: bool
    background_operations: bool
    stage_and_upgrade: bool

    def require(self, ability: str, what: str) -> None:
        """Refuse what this server cannot do.

        Raises:
            ConfigError: it cannot; the text names `what`, the version and where it runs.
        """
        if not getattr(self, ability):
            where = f"v{self.version} {self.deployment.value}"
            raise ConfigError(f"{what} does not exist in Dynamics {where}")


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
    nine = version != "8.2"
    # Where v9.0 is documented to have a part of something, it counts as not having it.
    settled = version in ("9.1", "9.2")
    # On premises, v9.1 is documented no further than v9.0 in what a batch takes.
    modern = online and settled
    newest = online and version == "9.2"
    return Capabilities(
        version=version,
        deployment=place,
        bulk_actions=newest,
        continue_on_error=modern,
        batch_change_set_each=not modern,
        references_in_bodies=online or version != "9.0",
        null_clears_lookup=nine,
        track_changes=nine,
        service_protection=online and nine,
        nested_expand=settled,
        multi_select_choice=nine,
        choice_by_name=nine,
        total_record_count=settled,
        metadata_changes=settled,
        reactivate_key=settled,
        privilege_names=settled,
        sharing_actions=nine,
        caller_object_id=online and nine,
        duplicate_detection=nine,
        bypass_headers=modern,
        strong_consistency=modern,
        create_entities=newest,
        background_operations=newest,
        stage_and_upgrade=newest,
    )
