"""What is known of an error, by the rung that is caught. Type-checked, never run."""

from __future__ import annotations

from typing import assert_type

from connectors import (
    AnswerLost,
    AuthError,
    CallError,
    ConfigError,
    Conflict,
    ConnectorsError,
    DecodeError,
    GetResponseClient,
    ListNameRefused,
    NotFound,
    NotSent,
    PlanStale,
    StatusError,
    Throttled,
    TransportError,
)


def rungs(client: GetResponseClient) -> str:
    try:
        client.accounts.get()
    except Throttled as error:
        assert_type(error, Throttled)
        assert_type(error.retry_after, float | None)
        assert_type(error.status, int)
        return "later"
    except (NotFound, Conflict) as error:
        assert_type(error, NotFound | Conflict)
        assert_type(error.code, str)
        assert_type(error.request_id, str)
        return "no"
    except StatusError as error:
        assert_type(error.status, int)
        assert_type(error.transient, bool)
        return error.hint
    except NotSent as error:
        assert_type(error.attempts, int)
        return "again"
    except (AnswerLost, TransportError) as error:
        assert_type(error.operation, str)
        return "perhaps"
    except DecodeError as error:
        assert_type(error.paths, tuple[str, ...])
        assert_type(error.garbled, bool)
        return "odd"
    except AuthError as error:
        assert_type(error.service, str)
        return "sign in"
    except CallError as error:
        assert_type(error.message, str)
        return "call"
    except (ConfigError, PlanStale, ListNameRefused) as error:
        return str(error)
    except ConnectorsError as error:
        assert_type(error, ConnectorsError)
        return str(error)
    return ""
