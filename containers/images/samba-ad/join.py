"""Joins a domain that is there already, as a further domain controller."""

import contextlib
import socket
import sys

import lab
import principals
import records


def administrator(config, lp):
    """The administrator's credentials."""
    from samba.credentials import Credentials

    credentials = Credentials()
    credentials.guess(lp)
    credentials.set_username("Administrator")
    credentials.set_domain(lp.get("workgroup"))
    credentials.set_realm(config["domain"].upper())
    credentials.set_password(lab.password(config))
    return credentials


def join(config, address):
    """Replicates everything from the partner and announces this domain controller beside it."""
    from samba.join import join_DC

    lp = lab.loadparm()
    with contextlib.redirect_stdout(sys.stderr):
        join_DC(
            lab.logger(),
            server=config["join"]["fqdn"],
            creds=administrator(config, lp),
            lp=lp,
            netbios_name=socket.gethostname().upper()[:15],
            domain=config["domain"],
            dns_backend="SAMBA_INTERNAL",
        )
    samdb = lab.samdb()
    records.announce(samdb, config, address)
    principals.register(samdb, config)
