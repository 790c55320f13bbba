"""S/MIME (RFC 8551): messages signed and enveloped on their way out, opened on their way in. :mod:`segl_delivery.cms`
is the cryptography; here is the mail around it: which header stands outside, which certificates, whose signature."""
