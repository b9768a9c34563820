"""The integration's tables: what is known of each recipient, contact, tag and fired trigger."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, MetaData, String, Table

from ...engine.schema import Schema

METADATA = MetaData()

SETUP = Table(
    "da_setup",
    METADATA,
    Column("connection", String(64), primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
"""What was set up: accounts, where records go, the contact fields that existed then."""

CONTACT = Table(
    "da_contact",
    METADATA,
    Column("connection", String(64), primary_key=True),
    Column("addr_key", String, primary_key=True),
    Column("contact_id", String(32), nullable=False),
    Column("facts", LargeBinary, nullable=False),
)
"""Contacts by address. `facts`: the newest value of each mapped field, and when it was true."""

TAGGED = Table(
    "da_tagged",
    METADATA,
    Column("connection", String(64), primary_key=True),
    Column("contact_id", String(32), primary_key=True),
    Column("tag", String, primary_key=True),
)
"""Tags that contacts have from us, as they are compared."""

TAG = Table(
    "da_tag",
    METADATA,
    Column("connection", String(64), primary_key=True),
    Column("tag", String, primary_key=True),
    Column("id", String(32), nullable=False),
)
"""Ids of tags."""

RECORD = Table(
    "da_record",
    METADATA,
    Column("connection", String(64), primary_key=True),
    Column("key", String(128), primary_key=True),
    Column("account_id", String(64), nullable=False),
    Column("envelope_id", String(64), nullable=False),
    Column("link", String, nullable=False),
    Column("contact_id", String(32), nullable=False),
    Column("known", LargeBinary, nullable=False),
    Column("sent_at", String(32), nullable=False, default=""),
    Column("written", String(64), nullable=False, default=""),
    Column("noted", String, nullable=False, default=""),
    Column("seen", String(32), nullable=False, default=""),
    Index("da_record_contact", "connection", "contact_id"),
)
"""One envelope and recipient. `known`: what all messages say of them. `written`: fingerprint of what
was last written, empty where nothing was. `noted`: the steps that have a note. `seen`: when it was
last written, or found in ActiveCampaign."""

ENVELOPE = Table(
    "da_envelope",
    METADATA,
    Column("connection", String(64), primary_key=True),
    Column("envelope_id", String(64), primary_key=True),
    Column("read_at", String(32), nullable=False),
)
"""When an envelope was last read by itself: DocuSign allows that once in 15 minutes."""

WHOLE = Table(
    "da_whole",
    METADATA,
    Column("connection", String(64), primary_key=True),
    Column("envelope_id", String(64), primary_key=True),
    Column("known", LargeBinary, nullable=False),
)
"""What all messages say of an envelope, by its id in lower case."""

MADE_OF = Table(
    "da_made_of",
    METADATA,
    Column("connection", String(64), primary_key=True),
    Column("envelope_id", String(64), primary_key=True),
    Column("templates", LargeBinary, nullable=False),
)
"""The templates that an envelope was made of, by its id in lower case; that never changes."""

FIRING = Table(
    "da_firing",
    METADATA,
    Column("connection", String(64), primary_key=True),
    Column("key", String, primary_key=True),
    Column("automation", String, nullable=False),
    Column("state", String(10), nullable=False),
    Column("at", String(32), nullable=False),
    Column("step", Integer, nullable=False, default=0),
    Column("attempts", Integer, nullable=False, default=0),
    Column("intent", String, nullable=False, default=""),
    Column("body", LargeBinary, nullable=False),
    Column("problem", String, nullable=False, default=""),
    Index("da_firing_state", "connection", "state", "at"),
)
"""Triggers that fired, each once. `state`: due, sending (a step's outcome is unknown), done, dead, or
withheld (history that was loaded without firing). `at`: when it was due or claimed. `step`: how many
steps of its automation are through; `attempts`: tries of the next one; `intent`:
what was there before a step that cannot be repeated."""

HISTORY = Table(
    "da_history",
    METADATA,
    Column("connection", String(64), primary_key=True),
    Column("key", String(128), primary_key=True),
    Column("account_id", String(64), nullable=False),
    Column("envelope_id", String(64), nullable=False),
    Column("addr_key", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("da_history_addr", "connection", "addr_key", "key"),
)
"""What a backfill has read, until it is carried over."""

SCHEMA = Schema("docusign_activecampaign", 1, METADATA)
