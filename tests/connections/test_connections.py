"""A connections file: what it may say, what is refused and how, and what it makes."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from connectors import ConfigError, Consent, Direction, Rule, Sandbox, Settings
from connectors.connections import Connections, load

WHOLE = """
[store]
url = "sqlite:///sync.db"
connection = "contoso"

[getresponse]
key = { env = "GR_KEY" }

[dynamics]
url = "https://contoso.crm4.dynamics.com"
version = "9.2"
deployment = "online"
authority = "AUTHORITY"
client_id = "CLIENT"
client_secret = { file = "crm.secret" }
"""
GOOD_CRM = """
[dynamics]
url = "https://contoso.crm4.dynamics.com"
authority = "https://login.microsoftonline.com/contoso"
client_id = "an-id"
client_secret = { env = "CRM" }
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder, and no secrets but these."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CRM", "crm-s3cret")
    monkeypatch.setenv("KEY", "gr-s3cret")
    yield tmp_path


def read(text: str) -> Connections:
    Path("connections.toml").write_text(text, encoding="utf-8")
    return load()


def mistakes(text: str) -> list[str]:
    """The lines in which a file is refused; none of them holds a secret."""
    with pytest.raises(ConfigError) as refused:
        read(text)
    told = str(refused.value)
    assert "s3cret" not in told
    first, *rest = told.splitlines()
    if not rest:
        return [first.removeprefix("connections.toml: ")]
    assert first == f"connections.toml has {len(rest)} mistakes:"
    return [line.strip() for line in rest]


def secret(name: str, text: str | bytes, mode: int = 0o600) -> None:
    path = Path(name)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(mode)


@pytest.fixture
def box() -> Sandbox:
    return Sandbox(seed=1, contacts=3)


@pytest.fixture
def connections(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Connections:
    """Those of the sandbox."""
    monkeypatch.setenv("GR_KEY", box.getresponse.key)
    secret("crm.secret", box.dynamics.client_secret + "\n")
    crm = box.dynamics
    return read(WHOLE.replace("AUTHORITY", crm.authority).replace("CLIENT", crm.client_id))


def test_a_file_makes_clients_and_the_integration(box: Sandbox, connections: Connections) -> None:
    with connections.getresponse_client(transport=box.transport) as gr:
        assert gr.accounts.get().account_id == box.getresponse.account_id
    with connections.dynamics_client(transport=box.transport) as crm:
        assert len(list(crm.contacts.list())) == 3
    with connections.sync(transport=box.transport) as sync:
        assert all(check.ok for check in sync.check())
        assert all(report.ok for report in sync.run())


def test_an_async_host_gets_the_same(box: Sandbox, connections: Connections) -> None:
    async def main() -> bool:
        async with connections.async_sync(transport=box.transport) as sync:
            return all(check.ok for check in await sync.check())

    assert asyncio.run(main())


def test_hooks_are_told_of_every_send(box: Sandbox, connections: Connections) -> None:
    seen: list[str] = []
    with connections.sync(
        transport=box.transport, hooks=[lambda attempt: seen.append(attempt.service)]
    ) as sync:
        sync.check()
    assert {"getresponse", "dynamics"} == set(seen)


def test_nothing_secret_is_shown(box: Sandbox, connections: Connections) -> None:
    for shown in (repr(connections), repr(connections.getresponse), str(connections.dynamics)):
        assert box.getresponse.key not in shown
        assert box.dynamics.client_secret not in shown
    assert "environment variable GR_KEY" in repr(connections)
    assert "crm.secret" in repr(connections)


def test_relative_paths_count_from_the_folder_of_the_file(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = here / "etc"
    folder.mkdir()
    (folder / "connections.toml").write_text(
        '[store]\nurl = "sqlite:///sync.db"\n[getresponse]\nkey = { file = "key" }\n'
    )
    (folder / "key").write_text("abc")
    (folder / "key").chmod(0o600)

    store = load(folder / "connections.toml").open_store()

    assert Path(store.path) == folder / "sync.db"
    store.close()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:////var/lib/sync.db"])
def test_a_store_in_memory_or_with_a_full_path_stays_where_it_is(url: str) -> None:
    table = read(f'[store]\nurl = "{url}"').store
    assert table is not None
    assert table.url == url


def test_a_store_url_may_be_a_secret(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORE", "sqlite:///other.db")
    store = read('[store]\nurl = { env = "STORE" }').open_store()
    assert Path(store.path).name == "other.db"
    store.close()


def test_a_store_url_with_a_password_is_one() -> None:
    (told,) = mistakes('[store]\nurl = "postgresql://me:s3cret@db/sync"')
    assert told.startswith("store.url: holds a password, and a secret does not stand in this file")


def test_the_sync_table_is_the_settings() -> None:
    made = read(
        """
        [sync]
        mapping = [
          { source = "first_name", target = "name", transform = "upper", direction = "yield" },
          { source = "email", target = "email" },
        ]
        consent = { crm_flags = false }
        block = 250
        overlap = "1h 30m"
        full_pass_every = 3600
        confirm = ["5s", 1.5]
        max_removals = [10, 0.5]
        plan_max_age = "2 h"
        """
    ).settings

    rule = Rule("first_name", "name", direction=Direction.YIELD)
    assert made.mapping[0].source == rule.source
    assert made.mapping[0].direction is rule.direction
    assert made.consent == Consent(crm_flags=False)
    assert made.block == 250
    assert made.overlap == timedelta(minutes=90)
    assert made.full_pass_every == timedelta(hours=1)
    assert made.confirm == (5.0, 1.5)
    assert made.max_removals == (10, 0.5)
    assert made.plan_max_age == timedelta(hours=2)


def test_without_a_sync_table_the_settings_are_the_usual() -> None:
    assert read("").settings == Settings()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ('"90s"', 90), ('"1d"', 86_400), ('"2min"', 120), ('"0.5h"', 1800)],
)
def test_durations_are_readable(text: str, seconds: int) -> None:
    assert read(f"[sync]\noverlap = {text}").settings.overlap == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ['"2 weeks"', '"h"', "true", "nan", "inf", "[1]", '""', "1e300"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    (told,) = mistakes(f"[sync]\noverlap = {text}")
    assert told.startswith('sync.overlap: must be seconds, or a duration such as "90s"')


# --- accounts --------------------------------------------------------------------------------


def test_getresponse_by_oauth_keeps_its_tokens() -> None:
    made = read(
        """
        [getresponse]
        client_id = "app"
        client_secret = { env = "CRM" }
        refresh_token = { env = "KEY" }
        token_cache = "tokens.db"
        """
    )
    with made.getresponse_client():
        assert Path("tokens.db").is_file()


def test_reading_a_file_makes_no_other() -> None:
    read('[getresponse]\nclient_id = "a"\nclient_secret = {env = "CRM"}\ntoken_cache = "t.db"')
    assert not Path("t.db").exists()


def test_an_application_of_getresponse_signs_in_as_itself(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM", box.getresponse.client_secret)
    told = f'[getresponse]\nclient_id = "{box.getresponse.client_id}"\n'
    made = read(told + 'client_secret = { env = "CRM" }')
    with made.getresponse_client(transport=box.transport) as client:
        assert client.accounts.get().account_id == box.getresponse.account_id


def test_a_user_on_premises() -> None:
    made = read(
        """
        [dynamics]
        url = "https://crm.contoso.com/contoso"
        version = "9.1"
        deployment = "on-premises"
        authority = "https://adfs.contoso.com/adfs"
        client_id = "an-id"
        username = "CONTOSO\\\\sync"
        password = { env = "CRM" }
        resource = "https://crm.contoso.com/"
        """
    )
    with made.dynamics_client() as client:
        assert client.base_url == "https://crm.contoso.com/contoso/api/data/v9.1"


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("[getresponse]", 'getresponse: key is missing: key = { env = "GETRESPONSE_KEY" }'),
        (
            '[getresponse]\nkey = {env = "KEY"}\nclient_id = "x"',
            "getresponse: has a key and OAuth; keep either",
        ),
        (
            '[getresponse]\nkey = {env = "KEY"}\ntoken_cache = "t"',
            "getresponse: token_cache is for",
        ),
        ('[getresponse]\nclient_id = "x"', "getresponse: OAuth needs both client_id and"),
        (
            '[getresponse]\nclient_id = "x"\nclient_secret = {env = "CRM"}\n'
            'refresh_token = {env = "KEY"}',
            "getresponse: a refresh_token may be replaced with each use",
        ),
        (
            '[getresponse]\nkey = {env = "KEY"}\nhost = "api.example"',
            "getresponse: host 'api.example' is none of GetResponse's",
        ),
        (
            '[getresponse]\nkey = {env = "KEY"}\nhost = "api3.getresponse360.com"',
            "getresponse: a MAX account needs `domain`",
        ),
        (GOOD_CRM.replace("client_secret", "#"), "dynamics: client_secret is missing"),
        (GOOD_CRM + 'username = "u"', "dynamics: username and password go together"),
        (GOOD_CRM.replace("https://contoso", "http://contoso"), "dynamics: 'http://contoso"),
        (GOOD_CRM + 'version = "9.9"', "dynamics: API version '9.9' is none of"),
        (GOOD_CRM + 'deployment = "cloud"', "dynamics: deployment 'cloud' is none of"),
        (
            GOOD_CRM.replace("com/contoso", "com"),
            "dynamics: authority 'https://login.microsoftonline.com' names no tenant",
        ),
    ],
)
def test_what_cannot_go_together_is_refused_at_once(table: str, told: str) -> None:
    (one,) = mistakes(table)
    assert one.startswith(told)


def test_a_table_that_is_not_there_is_missed_when_it_is_needed() -> None:
    made = read('[getresponse]\nkey = { env = "KEY" }')
    with pytest.raises(ConfigError, match=r"connections.toml: the table \[dynamics\] is missing"):
        made.dynamics_client()
    with pytest.raises(ConfigError, match=r"the table \[store\] is missing"), made.sync():
        pass


# --- mistakes --------------------------------------------------------------------------------


def test_all_mistakes_are_told_at_once_with_their_places() -> None:
    told = mistakes(
        """
        [store]
        url = 7
        [getresponse]
        key = "gr-s3cret"
        hots = "x"
        [dynamics]
        urll = "x"
        version = 9.2
        client_secret = { env = "NOT_SET" }
        [sync]
        block = "many"
        consent = { crm_flag = false }
        max_removals = [20]
        mapping = [{ source = "frist_name", target = "name", direction = "psuh" }]
        [synk]
        """
    )

    elsewhere = 'write { env = "NAME_OF_A_VARIABLE" } or { file = "a/path" }'
    assert sorted(told) == sorted(
        [
            "store.url: must be text in quotes, got 7",
            f"getresponse.key: a secret does not stand in this file; {elsewhere}",
            "getresponse.hots: there is no such key; did you mean 'host'?",
            "dynamics.url: is missing",
            "dynamics.urll: there is no such key; did you mean 'url'?",
            "dynamics.version: must be text in quotes, got 9.2",
            "dynamics.authority: is missing",
            "dynamics.client_id: is missing",
            "dynamics.client_secret: environment variable NOT_SET is not set",
            "sync.block: must be a whole number, got 'many'",
            "sync.consent.crm_flag: there is no such key; did you mean 'crm_flags'?",
            "sync.max_removals: must have 2 values, got 1",
            "sync.mapping[0].direction: there is no 'psuh'; did you mean 'push'?",
            "synk: there is no such key; did you mean 'sync'?",
        ]
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("sync = 3", "sync: must be a table of keys and values"),
        ("getresponse = []", "getresponse: must be a table of keys and values"),
        ("[sync]\nconsent = true", "sync.consent: must be a table of keys and values"),
        ("[sync]\nconsent = { crm_flags = 1 }", "sync.consent.crm_flags: must be true or false"),
        ('[sync]\nmax_removals = "20"', "sync.max_removals: must be a list, in square brackets"),
        ("[sync]\nmax_removals = [2, true]", "sync.max_removals[1]: must be a number, got True"),
        ('[sync]\nconfirm = "5s"', "sync.confirm: must be a list of durations"),
        ('[sync]\nconfirm = ["5s", "x"]', "sync.confirm[1]: must be seconds, or a duration"),
        ('[sync]\noverlap = "1s"', "sync: Settings(overlap=…) must be a timedelta of at least"),
        ("[sync]\nblock = 1001", "sync: Settings(block=…) must be 1 to 1000 rows"),
        (
            '[sync]\nmapping = [{ source = "frist_name", target = "name" }]',
            "sync.mapping[0].source: there is no 'frist_name'; did you mean 'first_name'?",
        ),
        (
            '[sync]\nmapping = [{ source = "full_name", target = "name" }]',
            "sync.mapping: nothing maps to 'email', which is required",
        ),
        (
            '[sync]\nmapping = [{ source = "email", traget = "email" }]',
            "sync.mapping[0]: there is no 'traget'; did you mean 'target'?",
        ),
        ('[store]\nurl = "not a url"', "store.url: must be the URL of a database"),
        ('[store]\nurl = { env = "KEY" }', "store.url: must be the URL of a database"),
        ('[store]\nurl = "sqlite://"\nx = 1', "store.x: there is no such key; known are"),
    ],
)
def test_a_mistake_says_where_it_is_and_what_would_be_right(text: str, told: str) -> None:
    (one,) = mistakes(text)
    assert one.startswith(told)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ('"gr-s3cret"', "a secret does not stand in this file"),
        ("42", "a secret does not stand in this file"),
        ("{}", "must have either env or file"),
        ('{ env = "KEY", file = "f" }', "must have either env or file"),
        ('{ value = "gr-s3cret" }', "value: there is no such key; known are env, file"),
        ('{ evn = "KEY" }', "evn: there is no such key; did you mean 'env'?"),
        ("{ env = 3 }", "env must be a name, as text in quotes"),
        ('{ env = "NOT_SET" }', "environment variable NOT_SET is not set"),
        ('{ env = "BLANK" }', "environment variable BLANK is empty"),
        ('{ file = "missing" }', "there is no file HERE/missing"),
        ('{ file = "." }', "file HERE cannot be read"),
        ('{ file = "empty" }', "file HERE/empty is empty"),
        ('{ file = "binary" }', "file HERE/binary is no text in UTF-8"),
        ('{ file = "lines" }', "file HERE/lines has several lines; a secret is one"),
        ('{ file = "old-mac" }', "file HERE/old-mac has several lines; a secret is one"),
        ('{ file = "blank" }', "file HERE/blank begins or ends with a blank"),
        ('{ file = "~no-such-user/x" }', "'~no-such-user/x': there is no such home folder"),
        ('{ file = "a\\u0000b" }', "is no path: it holds a null character"),
    ],
)
def test_a_secret_that_cannot_be_read_is_named(
    here: Path, monkeypatch: pytest.MonkeyPatch, value: str, told: str
) -> None:
    monkeypatch.setenv("BLANK", "  ")
    secret("empty", "\n")
    secret("binary", b"\xff\xfe")
    secret("lines", "gr-s3cret\nand another\n")
    secret("old-mac", "gr-s3cret\rand another\r")
    secret("blank", "gr-s3cret \n")

    (one,) = mistakes(f"[getresponse]\nkey = {value}")

    assert one.startswith(
        f"getresponse.key: {told}".replace("HERE/", f"{here / 'x'}"[:-1]).replace("HERE", str(here))
    )


@pytest.mark.parametrize("text", ["abc", "abc\n", "abc\r\n", "\ufeffabc\n"])
def test_the_line_end_of_a_secret_file_is_no_part_of_it(text: str) -> None:
    secret("key", text)
    table = read('[getresponse]\nkey = { file = "key" }').getresponse
    assert table is not None
    assert table.credential() == "abc"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
@pytest.mark.parametrize("mode", [0o604, 0o644, 0o666])
def test_a_secret_that_everybody_may_read_is_refused(here: Path, mode: int) -> None:
    secret("key", "gr-s3cret", mode)
    (one,) = mistakes('[getresponse]\nkey = { file = "key" }')
    told = f"every user of this machine may read {here / 'key'}: chmod 600 {here / 'key'}"
    assert one == f"getresponse.key: {told}"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_a_secret_for_a_group_is_taken() -> None:
    secret("key", "abc", 0o640)
    assert read('[getresponse]\nkey = { file = "key" }').getresponse is not None


def test_a_store_stays_where_it_was_when_the_program_goes_elsewhere(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = read('[store]\nurl = "sqlite:///sync.db"')
    (here / "elsewhere").mkdir()
    monkeypatch.chdir(here / "elsewhere")
    made.open_store().close()
    assert (here / "sync.db").is_file()


def test_a_file_that_is_not_there_is_named_in_full(here: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load("other.toml")
    assert f"there is no file {here / 'other.toml'}" in str(refused.value)


def test_a_file_that_cannot_be_read_says_why() -> None:
    os.mkdir("folder.toml")
    with pytest.raises(ConfigError, match=r"folder.toml cannot be read: "):
        load("folder.toml")


def test_what_is_no_toml_says_where() -> None:
    (one,) = mistakes("[store]\nurl = = 1")
    assert one.startswith("connections.toml is no TOML: ")
    assert "line 2" in one


@pytest.mark.parametrize("text", ["gr-s3cret\r\n", "gr-s3cret\n", "gr-s3cret\r"])
def test_the_line_end_of_a_variable_is_no_part_of_the_secret(
    here: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("WITH_LINE_END", text)
    (here / "c.toml").write_text('[getresponse]\nkey = { env = "WITH_LINE_END" }')

    table = load(here / "c.toml").getresponse

    assert table is not None and table.key is not None and table.key.value == "gr-s3cret"
