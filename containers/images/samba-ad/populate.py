#!/usr/bin/python3 -I
"""Adds people to the running domain in one transaction, from JSON lines.

Usage: populate.py FILE. Each line is {"dn": ..., "attributes": {name: value}, "password": ...}. The file is removed before
anything is added, so that no password outlives this process. The organisational units must exist.
"""

import json
import sys

sys.path.insert(0, "/usr/local/lib/wblab")
import lab  # noqa: E402


def people(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def message(samdb, person):
    """The object of a person, its password as [MS-ADTS] 3.1.1.3.1.5 wants it."""
    import ldb

    add = ldb.Message(ldb.Dn(samdb, person["dn"]))
    add["objectClass"] = ["user"]
    for name, value in person["attributes"].items():
        add[name] = value
    add["unicodePwd"] = f'"{person["password"]}"'.encode("utf-16-le")
    return add


def main():
    path = sys.argv[1]
    everyone = people(path)
    lab.forget(path)
    samdb = lab.samdb()
    samdb.transaction_start()
    try:
        for person in everyone:
            samdb.add(message(samdb, person))
    except BaseException:
        samdb.transaction_cancel()
        raise
    samdb.transaction_commit()


if __name__ == "__main__":
    main()
