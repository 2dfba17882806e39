#!/usr/bin/python3 -I
"""Makes this container a domain controller, once, and then becomes `samba`.

The configuration is the file that the embedded directory reads. Secrets come from files and go to no command line and
no log. When the server answers over LDAPS, one line with `"ready":true` is printed, as every part of the lab does.
"""

import json
import os
import socket
import ssl
import sys
import time

sys.path.insert(0, "/usr/local/lib/wblab")
import lab  # noqa: E402

NEVER = -0x8000000000000000
PROVISIONED = "/var/lib/samba/private/wblab-provisioned"
ADDRESS = "/etc/wblab/address"
ADDRESS_WITHIN = 20.0
READY_WITHIN = 60.0

# An anonymous search of the root object for objectClass (RFC 4511, 4.5.1); the answer's tag is 0x64.
ROOT_DSE = bytes.fromhex("3025020101632004000a01000a0100020100020100010100870b6f626a656374436c6173733000")

SMB_CONF = """[global]
\tnetbios name = {netbios}
\tworkgroup = {workgroup}
\trealm = {realm}
\tserver role = active directory domain controller
\tserver services = s3fs, rpc, ldap, cldap, kdc, drepl, winbindd, kcc, dns
\tposix:eadb = /var/lib/samba/private/eadb.tdb
\ttls enabled = yes
\ttls certfile = {certificate}
\ttls keyfile = {key}
\ttls cafile = {certificate}
\tldap server require strong auth = yes
\told password allowed period = {grace_minutes}
\tlog level = 1
\tdisable netbios = yes
\tload printers = no
\tprintcap name = /dev/null
\tdisable spoolss = yes

[sysvol]
\tpath = /var/lib/samba/sysvol
\tread only = no

[netlogon]
\tpath = /var/lib/samba/sysvol/{domain}/scripts
\tread only = no
"""


def say(**fields):
    """One JSON line on standard output."""
    print(json.dumps(fields, separators=(",", ":")), flush=True)


def own_address():
    """The address that the lab planned for this container; the certificate names it. Waits until it is here."""
    with open(ADDRESS) as file:
        address = file.read().strip()
    deadline = time.monotonic() + ADDRESS_WITHIN
    while time.monotonic() < deadline:
        try:
            with socket.socket() as probe:
                probe.bind((address, 0))
            return address
        except OSError:
            time.sleep(0.02)
    raise SystemExit(f"this container was not given the address {address}")


def resolve_locally(config, address):
    """Makes the domain controller its own resolver, under its full name: replication notices fail without."""
    with open("/etc/resolv.conf", "w") as file:
        file.write(f"search {config['domain']}\nnameserver 127.0.0.1\n")
    with open("/etc/hosts", "w") as file:
        file.write(f"127.0.0.1 localhost\n{address} {config['fqdn']} {socket.gethostname()}\n")


def write_smb_conf(config):
    grace = lab.seconds(config.get("old_password_allowed", "0s"))
    text = SMB_CONF.format(
        netbios=socket.gethostname().upper()[:15],
        workgroup=config["domain"].split(".")[0].upper()[:15],
        realm=config["domain"].upper(),
        domain=config["domain"].lower(),
        certificate=config["certificate_file"],
        key=config["key_file"],
        grace_minutes=int(-(-grace // 60)),
    )
    with open(lab.SMB_CONF, "w") as file:
        file.write(text)


def provision(config, address):
    """A new domain, its administrator's password set from the file."""
    import logging

    from samba.auth import system_session
    from samba.param import LoadParm
    from samba.provision import provision as make

    with open(config["admin_password_file"]) as file:
        password = file.read().rstrip("\r\n")
    logger = logging.getLogger("provision")
    logger.addHandler(logging.StreamHandler(sys.stderr))
    logger.setLevel(logging.WARNING)
    lp = LoadParm()
    lp.load(lab.SMB_CONF)
    result = make(
        logger,
        system_session(lp),
        smbconf=lab.SMB_CONF,
        realm=config["domain"].upper(),
        domain=lp.get("workgroup"),
        hostname=socket.gethostname(),
        hostip=address,
        adminpass=password,
        serverrole="active directory domain controller",
        dns_backend="SAMBA_INTERNAL",
        adprep_level=None,
        lp=lp,
    )
    return result.samdb


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
    complexity = 1  # DOMAIN_PASSWORD_COMPLEX
    properties = int(str(head["pwdProperties"][0])) & ~complexity
    values["pwdProperties"] = str(properties | (complexity if policy["complexity"] else 0))
    message = ldb.Message(head.dn)
    for name, value in values.items():
        message[name] = ldb.MessageElement(value, ldb.FLAG_MOD_REPLACE, name)
    samdb.modify(message)


def answers(config, context):
    """Whether the root object can be read over LDAPS, under the name that the certificate gives."""
    with socket.create_connection(("127.0.0.1", 636), timeout=5) as plain:
        with context.wrap_socket(plain, server_hostname=config["fqdn"]) as tls:
            tls.sendall(ROOT_DSE)
            reply = tls.recv(64)
            return len(reply) > 8 and reply[0] == 0x30 and 0x64 in reply[:12]


def watch(config, started):
    """In a process of its own: says when the server answers."""
    context = ssl.create_default_context(cafile=config["certificate_file"])
    last = None
    while time.monotonic() - started < READY_WITHIN:
        try:
            if answers(config, context):
                say(ready=True, role="directory", after_ms=int((time.monotonic() - started) * 1000))
                return
        except OSError as error:
            last = str(error)
        time.sleep(0.05)
    say(ready=False, role="directory", last=last)


def watch_apart(config, started):
    """Starts the watcher as a grandchild, so that `samba` never waits for a child that is not its own."""
    if os.fork() == 0:
        if os.fork() == 0:
            watch(config, started)
        os._exit(0)
    os.wait()


def main():
    os.umask(0o022)
    started = time.monotonic()
    config = lab.config()
    address = own_address()
    resolve_locally(config, address)
    write_smb_conf(config)
    if not os.path.exists(PROVISIONED):
        apply_policy(provision(config, address), config)
        with open(PROVISIONED, "w"):
            pass
        say(provisioned=True, role="directory", after_ms=int((time.monotonic() - started) * 1000))
    watch_apart(config, started)
    os.execv("/usr/sbin/samba", ["samba", "--foreground", "--no-process-group", "--model=standard", "--debug-stdout"])


if __name__ == "__main__":
    main()
