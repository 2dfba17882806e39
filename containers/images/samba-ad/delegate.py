#!/usr/bin/python3 -I
"""Gives the delegated principals of `directory.toml` their rights, and no others.

Each right reaches the users below the named organisational units only ([MS-ADTS] 5.1.3: object-specific access control
entries that are inherited, and apply to objects of class user); Unexpire Password is a right on the domain object.
"""

import sys

sys.path.insert(0, "/usr/local/lib/wblab")
import lab  # noqa: E402

USER = "bf967aba-0de6-11d0-a285-00aa003049e2"

# [MS-ADTS] 5.1.3.2.1 and the schema: the access and the object type of each right.
RIGHTS = {
    "reset_password": ("CR", "00299570-246d-11d0-a768-00aa006e0529"),
    "change_password": ("CR", "ab721a53-1e2f-11d0-9819-00aa0040529b"),
    "write_lockout_time": ("WP", "28630ebf-41d5-11d1-a9c1-0000f80367c1"),
    "write_pwd_last_set": ("WP", "bf967a0a-0de6-11d0-a285-00aa003049e2"),
}
UNEXPIRE = ("CR", "ccc2dc7d-a6ad-4a7a-8846-c04e3cc53501")


def sid_of(samdb, dn):
    import ldb
    from samba.dcerpc import security
    from samba.ndr import ndr_unpack

    found = samdb.search(dn, ldb.SCOPE_BASE, attrs=["objectSid"])[0]
    return ndr_unpack(security.dom_sid, found["objectSid"][0])


def grant(samdb, utils, delegation):
    sid = sid_of(samdb, delegation["principal"])
    for right in delegation["rights"]:
        if right == "unexpire_password":
            utils.dacl_add_ace(samdb.domain_dn(), f"(OA;;{UNEXPIRE[0]};{UNEXPIRE[1]};;{sid})")
            continue
        access, object_type = RIGHTS[right]
        for ou in delegation["ous"]:
            utils.dacl_add_ace(ou, f"(OA;CIIO;{access};{object_type};{USER};{sid})")


def main():
    from samba.sd_utils import SDUtils

    samdb = lab.samdb()
    utils = SDUtils(samdb)
    samdb.transaction_start()
    try:
        for delegation in lab.config().get("delegations", []):
            grant(samdb, utils, delegation)
    except BaseException:
        samdb.transaction_cancel()
        raise
    samdb.transaction_commit()


if __name__ == "__main__":
    main()
