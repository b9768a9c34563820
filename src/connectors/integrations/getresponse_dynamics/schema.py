"""The integration's tables: what was last seen on either side, and what ties them together.

`crm`, `member`, `gr`, `record` are observations: rows as the services last showed them. `link` is ours:
which CRM contact is which GetResponse contact. Deciding compares the one with the other, so it does
not matter in which order, or how often, an observation came.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, MetaData, String, Table

from ...engine.schema import Schema

METADATA = MetaData()

LIST = Table(
    "gd_list",
    METADATA,
    Column("connection", String(64), primary_key=True),
    Column("id", String(36), primary_key=True),
    Column("name", String, nullable=False),
    Column("status", String(32), nullable=False),
    Column("campaign_id", String(64)),
    Column("marketing_list_id", String(36)),
    Column("dynamic", Boolean, nullable=False),
    Column("query", String),
    Column("remove_leavers", Boolean, nullable=False),
    Column("refusal", String),
    Column("error", String),
    Column("walked_at", String(32)),
)
"""GetResponse list records. `refusal`: why its marketing list cannot be read; None if it can."""

CRM = Table(
    "gd_crm",
    METADATA,
    Column("connection", String(64), primary_key=True),
    Column("id", String(36), primary_key=True),
    Column("name", String),
    Column("email", String),
    Column("addr_key", String),
    Column("problem", String),
    Column("lost", String),
    Column("active", Boolean, nullable=False),
    Column("do_not_email", Boolean, nullable=False),
    Column("merged_into", String(36)),
    Column("fp", String(24), nullable=False),
    Column("pass_id", String(16), nullable=False),
    Index("gd_crm_addr", "connection", "addr_key"),
)
"""CRM contacts that are there, mapped."""

MEMBER = Table(
    "gd_member",
    METADATA,
    Column("connection", String(64), primary_key=True),
    Column("list_id", String(36), primary_key=True),
    Column("crm_id", String(36), primary_key=True),
    Column("pass_id", String(16), nullable=False),
)
"""Who is on the marketing list of a list record, by its last complete walk."""

GR = Table(
    "gd_gr",
    METADATA,
    Column("connection", String(64), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("campaign_id", String(64), nullable=False),
    Column("name", String),
    Column("email", String, nullable=False),
    Column("addr_key", String, nullable=False),
    Column("origin", String(50)),
    Column("created_on", String(32)),
    Column("engagement", Integer),
    Column("scoring", String(32)),
    Column("fp", String(24), nullable=False),
    Column("gone", String(32)),
    Column("pass_id", String(16), nullable=False),
    Index("gd_gr_addr", "connection", "campaign_id", "addr_key"),
)
"""GetResponse contacts. `gone`: why it is no longer active; None while it is."""

RECORD = Table(
    "gd_record",
    METADATA,
    Column("connection", String(64), primary_key=True),
    Column("id", String(36), primary_key=True),
    Column("gr_id", String(64), nullable=False),
    Column("list_id", String(36)),
    Column("crm_id", String(36)),
    Column("status", String(32)),
    Column("fp", String(24), nullable=False),
    Column("pass_id", String(16), nullable=False),
    Index("gd_record_gr", "connection", "gr_id"),
)
"""GetResponse contact records inside Dynamics. `fp` is computed as that of `gd_gr`."""

LINK = Table(
    "gd_link",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("connection", String(64), nullable=False),
    Column("list_id", String(36), nullable=False),
    Column("crm_id", String(36)),
    Column("gr_id", String(64)),
    Column("addr_key", String, nullable=False),
    Column("state", String(16), nullable=False),
    Column("pushed", Boolean, nullable=False),
    Column("kept_apart", Boolean, nullable=False, default=False),
    Column("base_name", String),
    Column("base_gr", String),
    Column("reason", String),
    Column("since", String(32)),
    Index("gd_link_crm", "connection", "list_id", "crm_id"),
    Index("gd_link_gr", "connection", "gr_id", unique=True),
    Index("gd_link_addr", "connection", "list_id", "addr_key"),
    Index("gd_link_state", "connection", "state"),
)
"""Ties. `state`: sending (intent kept, outcome unknown), pending (accepted, not seen yet), refused,
linked. `pushed`: whether membership of a marketing list made it. `kept_apart`: somebody untied it on
purpose. `base_name`, `base_gr`: what the CRM and GetResponse called the person when both last agreed.
`reason`: why GetResponse refused. `since`: the server's time before sending."""

SCHEMA = Schema("getresponse_dynamics", 1, METADATA)
