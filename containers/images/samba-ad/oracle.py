#!/usr/bin/python3 -I
"""Says what this domain controller's own database holds of every user below a base, without LDAP.

Usage: oracle.py BASE. One JSON line for each user on standard output, with the NT hash in hexadecimal where there is one:
for the one process that started this, which compares it in memory.
"""

import base64
import json
import sys

sys.path.insert(0, "/usr/local/lib/wblab")
import lab  # noqa: E402

USERS = "(&(objectCategory=person)(objectClass=user))"
NUMBERS = {
    "kvno": "msDS-KeyVersionNumber",
    "pwd_last_set": "pwdLastSet",
    "lockout_time": "lockoutTime",
    "bad_pwd_count": "badPwdCount",
    "uac": "userAccountControl",
    "usn": "uSNChanged",
}


def row(user):
    held = {name: int(str(user.get(attribute, idx=0) or 0)) for name, attribute in NUMBERS.items()}
    held["guid"] = bytes(user["objectGUID"][0]).hex()
    if "unicodePwd" in user:
        held["nt_hash"] = bytes(user["unicodePwd"][0]).hex()
    return held


def main():
    import ldb

    attributes = ["objectGUID", "unicodePwd", *NUMBERS.values()]
    for user in lab.samdb().search_iterator(sys.argv[1], ldb.SCOPE_SUBTREE, USERS, attrs=attributes):
        if isinstance(user, ldb.Message):
            sys.stdout.write(json.dumps(row(user), separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
