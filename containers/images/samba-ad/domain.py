"""Makes a new domain with its policy."""

import contextlib
import socket
import sys

import lab
import principals

NEVER = -0x8000000000000000
# Below this Samba's schema and groups need no preparation ([MS-ADTS] 6.1.4.4: 4 is Windows Server 2008 R2).
UNPREPARED = 4
COMPLEX = 1  # DOMAIN_PASSWORD_COMPLEX


def make(config, address):
    """A new forest of one domain at the functional level asked for, its administrator's password set from the file."""
    from samba.auth import system_session
    from samba.provision import provision

    lp = lab.loadparm()
    level = config["functional_level"]
    with contextlib.redirect_stdout(sys.stderr):
        made = provision(
            lab.logger(),
            system_session(lp),
            smbconf=lab.SMB_CONF,
            realm=config["domain"].upper(),
            domain=lp.get("workgroup"),
            hostname=socket.gethostname(),
            hostip=address,
            adminpass=lab.password(config),
            serverrole="active directory domain controller",
            dns_backend="SAMBA_INTERNAL",
            dom_for_fun_level=level,
            adprep_level=level if level > UNPREPARED else None,
            lp=lp,
        )
    apply_policy(made.samdb, config)
    principals.register(made.samdb, config)


def apply_policy(samdb, config):
    """The domain's password and lockout policy ([MS-ADTS] 3.1.1.5.2.1.1 and the domain object's attributes)."""
    import ldb

    policy, lockout = config["policy"], config["lockout"]
    oldest = policy.get("max_age")
    values = {
        "minPwdLength": str(policy["min_length"]),
        "pwdHistoryLength": str(policy["history"]),
        "minPwdAge": lab.ticks(policy["min_age"], 0),
        "maxPwdAge": lab.ticks(oldest, NEVER) if oldest else str(NEVER),
        "lockoutThreshold": str(lockout["threshold"]),
        "lockoutDuration": lab.ticks(lockout["duration"], NEVER),
        "lockOutObservationWindow": lab.ticks(lockout["window"], 0),
    }
    head = samdb.search(samdb.domain_dn(), ldb.SCOPE_BASE, attrs=["pwdProperties"])[0]
    properties = int(str(head["pwdProperties"][0])) & ~COMPLEX
    values["pwdProperties"] = str(properties | (COMPLEX if policy["complexity"] else 0))
    message = ldb.Message(head.dn)
    for name, value in values.items():
        message[name] = ldb.MessageElement(value, ldb.FLAG_MOD_REPLACE, name)
    samdb.modify(message)
