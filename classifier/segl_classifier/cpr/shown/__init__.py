"""Numbers as they may be shown: masked, and known again by a hash of this process."""
