"""What is known of forced TLS to a domain: DANE, MTA-STS, certificates of its mail hosts, each a proof.

A live check (:mod:`.live`) asks for all of them, :mod:`.joined` puts together what they promise and show, :mod:`.weigh`
says what that is worth, :mod:`.tls_policy` what Postfix is told. :mod:`.knowledge` remembers, and asks anew.
"""
