#!/usr/bin/python3 -I
"""Adds people and groups to the running domain in one transaction, from JSON lines.

Usage: populate.py FILE. The lines are, in any order,

    {"dn": ..., "attributes": {name: value or [value, ...]}, "password": ...}      a person
    {"group": dn, "members": [dn, ...], "attributes": {...}}                       a group; attributes may be left out

The file is removed before anything is added, so that no password outlives this process. The organisational units must
exist. Groups are added after all people; one that is there already gets the members. On standard output go lines
{"done": n}, n counting lines.
"""

import collections
import concurrent.futures
import json
import os
import sys
import time

sys.path.insert(0, "/usr/local/lib/wblab")
import keys  # noqa: E402
import lab  # noqa: E402

# Samba's DSDB_CONTROL_BYPASS_PASSWORD_HASH_OID (source4/dsdb/samdb/samdb.h): the hashes are given, not the password.
BYPASS = ["local_oid:1.3.6.1.4.1.7165.4.3.12:0"]
# People whose keys are computed ahead of the one being added.
AHEAD = 64
TELL_EVERY = 100
# Members of a group that go into one modification.
MEMBERS = 1000
EPOCH_1601 = 11644473600


def now():
    """The time as the directory counts it: units of 100 ns since 1601."""
    return str(int((time.time() + EPOCH_1601) * 10_000_000))


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def hashes(realm, person):
    """The NT hash and the Kerberos keys of a person; runs in a thread of its own."""
    attributes = person["attributes"]
    salt = keys.salt(realm, attributes["sAMAccountName"], attributes.get("userPrincipalName"))
    return salt, keys.aes_keys(person["password"], salt)


def message(samdb, dn, kind, attributes):
    import ldb

    add = ldb.Message(ldb.Dn(samdb, dn))
    add["objectClass"] = [kind]
    for name, value in attributes.items():
        add[name] = value
    return add


def add_person(samdb, person, computed):
    """A person with hashes instead of a password, and with what a password's setting leaves besides."""
    salt, (aes256, aes128) = computed
    add = message(samdb, person["dn"], "user", {"pwdLastSet": now()} | person["attributes"])
    add["unicodePwd"] = keys.nt_hash(person["password"])
    add["supplementalCredentials"] = keys.supplemental(salt, aes256, aes128)
    samdb.add(add, controls=BYPASS)


def computed_ahead(pool, realm, people):
    """Each person with what was computed for them, in order; only so many ahead that memory stays small."""
    waiting = collections.deque()
    for person in people:
        waiting.append((person, pool.submit(hashes, realm, person)))
        if len(waiting) > AHEAD:
            person, future = waiting.popleft()
            yield person, future.result()
    for person, future in waiting:
        yield person, future.result()


def add_people(samdb, realm, people, tell):
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for person, computed in computed_ahead(pool, realm, people):
            add_person(samdb, person, computed)
            tell()


def exists(samdb, dn):
    """Asked first: in batch mode a refused addition would be the end of the whole transaction."""
    import ldb

    try:
        return len(samdb.search(dn, ldb.SCOPE_BASE, attrs=["objectClass"])) == 1
    except ldb.LdbError as error:
        if error.args[0] == ldb.ERR_NO_SUCH_OBJECT:
            return False
        raise


def add_group(samdb, group):
    import ldb

    if not exists(samdb, group["group"]):
        samdb.add(message(samdb, group["group"], "group", group.get("attributes", {})))
    members = group["members"]
    for first in range(0, len(members), MEMBERS):
        more = ldb.Message(ldb.Dn(samdb, group["group"]))
        more["member"] = ldb.MessageElement(members[first : first + MEMBERS], ldb.FLAG_MOD_ADD, "member")
        samdb.modify(more)


def teller(total):
    done = 0

    def tell():
        nonlocal done
        done += 1
        if done % TELL_EVERY == 0 or done == total:
            lab.say(done=done)

    return tell


def main():
    path = sys.argv[1]
    everything = lines(path)
    lab.forget(path)
    groups = [line for line in everything if "group" in line]
    people = [line for line in everything if "group" not in line]
    tell = teller(len(everything))
    # Batch mode spares the inner transaction of each addition, whose copies of the indices grow with everyone added.
    samdb = lab.samdb(options=["batch_mode:1"])
    with lab.transaction(samdb):
        add_people(samdb, lab.config()["domain"], people, tell)
        for group in groups:
            add_group(samdb, group)
            tell()


if __name__ == "__main__":
    main()
