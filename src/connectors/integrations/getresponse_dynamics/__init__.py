"""GetResponse ↔ Dynamics 365: marketing lists and contacts, kept in step."""
