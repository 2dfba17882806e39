#!/usr/bin/python3 -I
"""Makes this container a domain controller, once, and then becomes `samba`.

It makes a new domain, restores one from a snapshot, or joins the one whose domain controller the configuration names. The
configuration is the file that the embedded directory reads. Secrets come from files and go to no command line and no log.
When the domain controller is ready, one line with `"ready":true` is printed, as every part of the lab does.
"""

import os
import socket
import sys
import time

sys.path.insert(0, "/usr/local/lib/wblab")
import domain  # noqa: E402
import join  # noqa: E402
import lab  # noqa: E402
import ready  # noqa: E402
import snapshot  # noqa: E402

MADE = f"{lab.PRIVATE}/wblab-provisioned"
ADDRESS = "/etc/wblab/address"
ADDRESS_WITHIN = 20.0

# smb.conf's names of msDS-Behavior-Version ([MS-ADTS] 6.1.4.4).
LEVELS = {4: "2008_R2", 5: "2012", 6: "2012_R2"}

SMB_CONF = """[global]
\tnetbios name = {netbios}
\tworkgroup = {workgroup}
\trealm = {realm}
\tserver role = active directory domain controller
\tserver services = s3fs, rpc, ldap, cldap, kdc, drepl, winbindd, kcc, dns
\tad dc functional level = {level}
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


def resolve_by(config, address, servers):
    """Names who resolves names, and this container under its full name: replication notices fail without."""
    with open("/etc/resolv.conf", "w") as file:
        file.write(f"search {config['domain']}\n" + "".join(f"nameserver {server}\n" for server in servers))
    with open("/etc/hosts", "w") as file:
        file.write(f"127.0.0.1 localhost\n{address} {config['fqdn']} {socket.gethostname()}\n")


def write_smb_conf(config):
    grace = lab.seconds(config.get("old_password_allowed", "0s"))
    text = SMB_CONF.format(
        netbios=socket.gethostname().upper()[:15],
        workgroup=config["domain"].split(".")[0].upper()[:15],
        realm=config["domain"].upper(),
        domain=config["domain"].lower(),
        level=LEVELS[config["functional_level"]],
        certificate=config["certificate_file"],
        key=config["key_file"],
        grace_minutes=int(-(-grace // 60)),
    )
    with open(lab.SMB_CONF, "w") as file:
        file.write(text)


def make(config, address, partners):
    """Makes this container a domain controller in one of the three ways; gives which."""
    if partners:
        resolve_by(config, address, partners)
        join.join(config, address)
        return "joined"
    if snapshot.restore(config, address):
        return "restored"
    domain.make(config, address)
    return "provisioned"


def main():
    os.umask(0o022)
    started = time.monotonic()
    config = lab.config()
    address = own_address()
    partners = [config["join"]["address"]] if "join" in config else []
    # A domain controller is its own resolver; one that joined asks its partner second.
    resolve_by(config, address, ["127.0.0.1", *partners])
    write_smb_conf(config)
    way = None
    if not os.path.exists(MADE):
        way = make(config, address, partners)
        resolve_by(config, address, ["127.0.0.1", *partners])
        with open(MADE, "w"):
            pass
        lab.say(**{way: True}, role="directory", after_ms=int((time.monotonic() - started) * 1000))
    # One that starts again has replicated before, and its partner may be what is broken.
    ready.watch_apart(config, started, way == "joined", {"restored": way == "restored"})
    model = config.get("process_model", "standard")
    os.execv("/usr/sbin/samba", ["samba", "--foreground", "--no-process-group", f"--model={model}", "--debug-stdout"])


if __name__ == "__main__":
    main()
