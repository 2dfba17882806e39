#!/usr/bin/python3 -I
"""Keeps a populated domain, and brings it back.

Usage: snapshot.py FILE. Packs the domain's databases into FILE, which the lab then puts into a volume beside the mark of a
complete snapshot. `restore` unpacks what was mounted and sets every secret anew.
"""

import os
import re
import subprocess
import sys

sys.path.insert(0, "/usr/local/lib/wblab")
import lab  # noqa: E402
import records  # noqa: E402
import renew  # noqa: E402

FOLDER = "/var/lib/wblab-snapshot"
ARCHIVE = f"{FOLDER}/state.tar.zst"
# Put there last: an archive without it may be half an archive.
COMPLETE = f"{FOLDER}/complete"
CHANGED = re.compile(r"^tar: (.+): file changed as we read it$")
# Sockets and what holds only while the server runs.
LEFT_OUT = ("*.sock", "ldapi", "ldap_priv", "msg.sock", "smbd.tmp", "winbindd_privileged", "ntp_signd", "tls")


def pack(path):
    """Everything below the state folder. A process of its own does it: to close a database would end the locks on it that
    this process holds."""
    left_out = [f"--exclude={pattern}" for pattern in LEFT_OUT]
    command = ["tar", "--create", "--use-compress-program=zstd -1 -T0", "--sparse", *left_out]
    packed = subprocess.run(
        [*command, f"--file={path}", f"--directory={lab.STATE}", "."], stderr=subprocess.PIPE, text=True
    )
    if packed.returncode not in (0, 1) or not only_folders(packed.stderr):
        raise SystemExit(packed.stderr.strip() or f"tar ended with {packed.returncode}")


def only_folders(said):
    """Whether tar complained of nothing but folders in which something came or went meanwhile: the databases in them are
    locked, and whole."""
    changed = [CHANGED.match(line) for line in said.splitlines()]
    return all(line and os.path.isdir(os.path.join(lab.STATE, line[1])) for line in changed)


def save(path):
    """Packs while nobody can write to the databases, as `samba-tool domain backup offline` does."""
    secrets, samdb = lab.secrets(), lab.samdb()
    secrets.transaction_start()
    samdb.transaction_start()
    try:
        pack(path)
    finally:
        samdb.transaction_cancel()
        secrets.transaction_cancel()
    lab.say(bytes=os.stat(path).st_size)


def restore(config, address):
    """Brings the domain of the mounted snapshot back under this run's secrets and address; false where there is none."""
    if not os.path.exists(COMPLETE):
        return False
    command = ["tar", "--extract", "--use-compress-program=zstd", "--sparse", f"--file={ARCHIVE}"]
    subprocess.run([*command, f"--directory={lab.STATE}"], check=True)
    samdb = lab.samdb()
    remove_others(samdb, config)
    records.move(samdb, records.address_of(samdb, config["fqdn"]), address)
    renew.renew(samdb, config)
    return True


def remove_others(samdb, config):
    """Takes the domain controllers out that were there besides, and their roles over: in this run they have to join again."""
    import ldb
    from samba.remove_dc import remove_dc

    own = ldb.Dn(samdb, samdb.get_dsServiceName())
    for settings in samdb.search(samdb.get_config_basedn(), ldb.SCOPE_SUBTREE, "(objectClass=nTDSDSA)", attrs=["cn"]):
        if settings.dn == own:
            continue
        name = settings.dn.parent().get_rdn_value()
        gone = records.address_of(samdb, f"{name}.{config['domain']}")
        remove_dc(samdb, lab.logger(), name)
        records.drop(samdb, gone)


if __name__ == "__main__":
    save(sys.argv[1])
