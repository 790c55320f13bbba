"""When forced TLS fails at delivery: the queue is watched, the domain marked, and its mail takes the next way for a
time."""
