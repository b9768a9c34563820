"""HTTP as values: calls, flows, policies, decoders. No sockets, no clock, no waiting."""
