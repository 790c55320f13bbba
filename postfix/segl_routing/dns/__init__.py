"""DNS as far as mail needs it: look-ups whose answers can be relied on, DNSSEC checked by ourselves, mail hosts."""
