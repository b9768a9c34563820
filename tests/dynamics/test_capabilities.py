"""What each server can do."""

import pytest

from connectors.dynamics.capabilities import VERSIONS, Deployment, capabilities
from connectors.errors import ConfigError

SERVERS = [(v, d) for v in VERSIONS for d in Deployment if (v, d.value) != ("9.2", "on-premises")]


def test_bulk_actions_need_the_newest_version_online() -> None:
    able = [(v, d) for v, d in SERVERS if capabilities(v, d).bulk_actions]

    assert able == [("9.2", Deployment.ONLINE)]


def test_old_servers_take_writes_in_change_sets_and_stop_at_the_first_refusal() -> None:
    for version in ("8.2", "9.0"):
        old = capabilities(version)
        assert (old.batch_change_set_each, old.continue_on_error) == (True, False)
    for version in ("9.1", "9.2"):
        new = capabilities(version)
        assert (new.batch_change_set_each, new.continue_on_error) == (False, True)
    on_premises = capabilities("9.1", "on-premises")
    assert (on_premises.batch_change_set_each, on_premises.continue_on_error) == (True, False)


def test_lookups_and_tracking_come_with_9_0() -> None:
    assert not capabilities("8.2").null_clears_lookup
    assert not capabilities("8.2").track_changes
    assert capabilities("9.0").null_clears_lookup
    assert capabilities("9.0").track_changes


def test_only_online_servers_of_9_x_limit_calls() -> None:
    limited = [(v, d) for v, d in SERVERS if capabilities(v, d).service_protection]

    assert limited == [(v, Deployment.ONLINE) for v in ("9.0", "9.1", "9.2")]


def test_unknown_versions_and_deployments_are_refused_with_the_right_names() -> None:
    with pytest.raises(ConfigError, match=r"'9\.3' is none of 8\.2, 9\.0, 9\.1, 9\.2"):
        capabilities("9.3")
    with pytest.raises(ConfigError, match="'cloud' is none of online, on-premises"):
        capabilities("9.2", "cloud")


def test_the_newest_version_on_premises_is_refused_with_one_that_exists() -> None:
    with pytest.raises(ConfigError, match=r'online only; on premises use version="9\.1"'):
        capabilities("9.2", "on-premises")


ONLINE = tuple((v, Deployment.ONLINE) for v in VERSIONS)


@pytest.mark.parametrize(
    ("ability", "able"),
    [
        ("multi_select_choice", [s for s in SERVERS if s[0] != "8.2"]),
        ("choice_by_name", [s for s in SERVERS if s[0] != "8.2"]),
        ("sharing_actions", [s for s in SERVERS if s[0] != "8.2"]),
        ("duplicate_detection", [s for s in SERVERS if s[0] != "8.2"]),
        ("privilege_names", [s for s in SERVERS if s[0] in ("9.1", "9.2")]),
        ("nested_expand", [s for s in SERVERS if s[0] in ("9.1", "9.2")]),
        ("total_record_count", [s for s in SERVERS if s[0] in ("9.1", "9.2")]),
        ("metadata_changes", [s for s in SERVERS if s[0] in ("9.1", "9.2")]),
        ("reactivate_key", [s for s in SERVERS if s[0] in ("9.1", "9.2")]),
        ("references_in_bodies", [s for s in SERVERS if s != ("9.0", Deployment.ON_PREMISES)]),
        ("caller_object_id", [s for s in ONLINE if s[0] != "8.2"]),
        ("bypass_headers", [*ONLINE[2:]]),
        ("strong_consistency", [*ONLINE[2:]]),
        ("create_entities", [*ONLINE[3:]]),
        ("background_operations", [*ONLINE[3:]]),
        ("stage_and_upgrade", [*ONLINE[3:]]),
    ],
)
def test_each_ability_has_its_servers(ability: str, able: list[tuple[str, Deployment]]) -> None:
    found = [server for server in SERVERS if getattr(capabilities(*server), ability)]

    assert sorted(found, key=str) == sorted(able, key=str)


def test_what_is_missing_is_refused_by_name() -> None:
    old = capabilities("8.2", "on-premises")

    with pytest.raises(ConfigError, match=r"a shortcut does not exist in Dynamics v8\.2 on-prem"):
        old.require("bulk_actions", "a shortcut")
    capabilities("9.2").require("bulk_actions", "a shortcut")
