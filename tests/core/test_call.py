"""A call as a value: what it shows when it is printed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors.core.call import Call, Request, Response, is_loopback

SECRETS = (
    ("Authorization", "Bearer c4n4ry"),
    ("X-Auth-Token", "api-key c4n4ry"),
    ("Cookie", "c4n4ry"),
)


def test_a_printed_call_is_a_dry_run_without_secrets_and_addresses() -> None:
    request = Request(
        method="GET",
        path="contacts(emailaddress1='c4n4ry%40x.y')/tags",
        query="query%5Bemail%5D=c4n4ry%2Ba%40x.y&sort%5Bname%5D=ASC",
        headers=(("Accept", "application/json"), *SECRETS),
        body=b"c4n4ry",
    )
    call = Call(service="s", operation="o", request=request, decode=lambda _: None)

    assert "c4n4ry" not in repr(call)
    assert "<address>')/tags" in repr(call)
    assert "query='query[email]=<address>&sort[name]=ASC'" in repr(call)
    assert "('Accept', 'application/json')" in repr(call)
    assert repr(call).count("<hidden>") == 3


@pytest.mark.parametrize(
    ("path", "query", "url"),
    [
        ("a/b", "", "https://h/v3/a/b"),
        ("/a", "x=1", "https://h/v3/a?x=1"),
        ("a?y=2", "x=1", "https://h/v3/a?y=2&x=1"),
        ("https://h/v3/a?$skiptoken=1", "", "https://h/v3/a?$skiptoken=1"),
    ],
)
def test_a_path_is_below_the_root_unless_it_is_a_url(path: str, query: str, url: str) -> None:
    assert Request(method="GET", path=path, query=query).url("https://h/v3") == url


def test_an_answer_tells_the_servers_time() -> None:
    assert Response(status=200, headers={"date": "Mon, 02 Mar 2026 08:00:00 GMT"}).date == datetime(
        2026, 3, 2, 8, tzinfo=UTC
    )
    assert Response(status=200, headers={"date": "yesterday"}).date is None
    assert Response(status=200).date is None


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:8025/getresponse", True),
        ("http://localhost", True),
        ("http://[::1]:8025", True),
        ("https://127.0.0.1", False),
        ("http://127.0.0.1.example.org", False),
        ("http://127.0.0.1@example.org/", False),
        ("api.getresponse.com", False),
    ],
)
def test_only_this_machine_may_be_reached_by_plain_http(url: str, local: bool) -> None:
    assert is_loopback(url) is local


@pytest.mark.parametrize("url", ["http://[::1", "https://[x", "", "127.0.0.1"])
def test_what_is_no_url_does_not_lead_to_this_machine(url: str) -> None:
    assert not is_loopback(url)
