"""Dynamics 365 (Dataverse) Web API, v8.2 to v9.2: models, operations, wire, clients."""
