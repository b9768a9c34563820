"""GetResponse API v3: models, operations, wire, and a client in both worlds."""
