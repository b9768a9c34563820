"""The edge: the only room that waits, locks and opens sockets."""
