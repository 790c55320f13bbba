"""What all daemons have in common: how they start, listen, tell systemd how they fare, and do rounds beside their
service."""
