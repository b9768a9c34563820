"""What a host may get wrong is said where it can still be mended."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from connectors import (
    Action,
    AsyncDocuSignActiveCampaign,
    BridgeSettings,
    ConfigError,
    DocuSignActiveCampaign,
    DomainError,
    Firing,
    SqlStore,
    Tagging,
    TagRule,
)
from tests.integration.envelopes import URL, Bridge, Post


@pytest.fixture
def bridge() -> Bridge:
    return Bridge(Post(3, 0))


def again(bridge: Bridge, **more: Any) -> DocuSignActiveCampaign:
    options: dict[str, Any] = {"store": bridge.store, "signing_keys": bridge.post.key, **more}
    return DocuSignActiveCampaign(bridge.docusign, bridge.activecampaign, **options)


@pytest.mark.parametrize("keys", [None, 5, "", ["", "a"], {"acc": [3]}, b"key"])
def test_keys_that_are_none_are_refused_at_once(bridge: Bridge, keys: Any) -> None:
    with pytest.raises(ConfigError, match="signing_keys"):
        again(bridge, signing_keys=keys)


def test_a_bridge_without_keys_says_so_before_a_message_comes(bridge: Bridge) -> None:
    keyless = again(bridge, signing_keys=())

    failed = [check for check in keyless.check() if not check.ok]
    assert [check.question for check in failed] == ["signing keys are given"]
    assert any("no `signing_keys`" in text for text in keyless.setup.plan(URL).warnings)
    with pytest.raises(ConfigError, match="give the bridge `signing_keys`"):
        keyless.events.receive(b"{}", {})


def test_headers_and_body_in_the_wrong_order_are_told(bridge: Bridge) -> None:
    with pytest.raises(ConfigError, match="the body as bytes, then the headers"):
        bridge.bridge.events.receive({}, b"{}")  # type: ignore[arg-type]


def test_two_connections_that_hear_by_one_configuration_are_warned_and_kept(
    bridge: Bridge,
) -> None:
    bridge.set_up()
    north = again(bridge, connection="north")
    plan = north.setup.plan(URL)

    assert any("connection 'main'" in text for text in plan.warnings)
    north.apply(plan)
    north.apply(north.setup.plan(remove=True))

    (kept,) = bridge.post.box.docusign.configurations()
    assert kept.url == URL
    bridge.bridge.apply(bridge.bridge.setup.plan(remove=True))
    assert bridge.post.box.docusign.configurations() == []


def test_a_function_that_nobody_would_await_is_refused(bridge: Bridge) -> None:
    async def note(fired: Firing) -> None: ...

    with pytest.raises(ConfigError, match=r"callbacks\['note'\] is `async def`"):
        again(bridge, callbacks={"note": note})
    for wrong in ([note], {"note": "print"}):
        with pytest.raises(ConfigError, match="callbacks"):
            again(bridge, callbacks=wrong)


def test_settings_of_another_kind_are_refused(bridge: Bridge) -> None:
    with pytest.raises(ConfigError, match="must be BridgeSettings, got dict"):
        again(bridge, settings={"actions": []})
    with pytest.raises(ConfigError, match="must be of class AsyncDocuSignClient"):
        AsyncDocuSignActiveCampaign(
            bridge.docusign,  # type: ignore[arg-type]
            bridge.activecampaign,  # type: ignore[arg-type]
            store=SqlStore("sqlite://"),
        )


def test_a_tag_that_is_never_given_is_warned_of(bridge: Bridge) -> None:
    tagging = Tagging((TagRule("gone", actions=(Action.VOIDED,)),))
    settings = BridgeSettings(tagging=tagging)

    warnings = again(bridge, settings=settings).setup.plan(URL).warnings

    assert any("tag 'gone' is never given" in text for text in warnings)


@pytest.mark.parametrize("since", ["2026-01-01", date(2026, 1, 1), None])
def test_a_backfill_from_no_moment_is_refused(bridge: Bridge, since: Any) -> None:
    bridge.set_up()
    with pytest.raises(DomainError, match="give moments"):
        bridge.bridge.backfill.run(since)


def test_what_waits_is_counted(bridge: Bridge) -> None:
    bridge.set_up()
    bridge.post.box.docusign.send("Agreement", [{"name": "Ada", "email": "ada@example.org"}])
    bridge.post.box.docusign.deliver(bridge.post.take)
    bridge.receive(bridge.post.deliveries)

    assert bridge.bridge.events.counts() == {"waiting": len(bridge.post.deliveries)}
