"""When this domain controller is ready: a condition, never a time.

It answers over LDAPS; and where it joined another, both have replicated every naming context from each other since and each
will notify the other of changes ([MS-DRSR] 4.1.13: DsReplicaGetInfo says both).
"""

import os
import socket
import ssl
import time

import join
import lab

WITHIN = 500.0
# Whole seconds that one call may take; what it asked for goes on, and is looked for again.
CALL_WITHIN = 15
# An anonymous search of the root object for objectClass (RFC 4511, 4.5.1); the answer's tag is 0x64.
ROOT_DSE = bytes.fromhex("3025020101632004000a01000a0100020100020100010100870b6f626a656374436c6173733000")


def answers(config, context):
    """Whether the root object can be read over LDAPS, under the name that the certificate gives."""
    with socket.create_connection(("127.0.0.1", 636), timeout=5) as plain:
        with context.wrap_socket(plain, server_hostname=config["fqdn"]) as tls:
            tls.sendall(ROOT_DSE)
            reply = tls.recv(64)
            return len(reply) > 8 and reply[0] == 0x30 and 0x64 in reply[:12]


class Controller:
    """A domain controller as the replication protocol shows it."""

    def __init__(self, fqdn, credentials, lp):
        from samba.drs_utils import drsuapi_connect
        from samba.samdb import SamDB

        self.drs, self.handle, _ = drsuapi_connect(fqdn, lp, credentials)
        self.drs.request_timeout = CALL_WITHIN
        root = SamDB(url=f"ldap://{fqdn}", credentials=credentials, lp=lp)
        self.guid = root.get_ntds_GUID()
        self.contexts = [str(context) for context in root.search("", 0, attrs=["namingContexts"])[0]["namingContexts"]]

    def _links(self, kind):
        from samba.dcerpc import drsuapi

        request = drsuapi.DsReplicaGetInfoRequest1()
        request.info_type = kind
        return self.drs.DsReplicaGetInfo(self.handle, 1, request)[1].array

    def _pulled(self, other):
        """The naming contexts that were replicated from the other one."""
        from samba.dcerpc import drsuapi

        return {
            link.naming_context_dn
            for link in self._links(drsuapi.DRSUAPI_DS_REPLICA_INFO_NEIGHBORS)
            if str(link.source_dsa_obj_guid) == other.guid and link.last_success and link.result_last_attempt[0] == 0
        }

    def _notifies(self, other):
        """The naming contexts of whose changes it tells the other one."""
        from samba.dcerpc import drsuapi

        links = self._links(drsuapi.DRSUAPI_DS_REPLICA_INFO_REPSTO)
        return {link.naming_context_dn for link in links if str(link.source_dsa_obj_guid) == other.guid}

    def lacks(self, other):
        """The naming contexts that it has not replicated from the other one, or is not told of by it."""
        held = self._pulled(other) & other._notifies(self)
        return [context for context in self.contexts if context not in held]

    def pull(self, other):
        """Replicates what it lacks and asks to be told of changes. The topology is computed first, since only links that it
        names can be used."""
        from samba.dcerpc import drsuapi
        from samba.drs_utils import sendDsReplicaSync

        lacking = self.lacks(other)
        if not lacking:
            return
        self.drs.DsExecuteKCC(self.handle, 1, drsuapi.DsExecuteKCC1())
        options = drsuapi.DRSUAPI_DRS_WRIT_REP | drsuapi.DRSUAPI_DRS_ADD_REF
        for context in lacking:
            sendDsReplicaSync(self.drs, self.handle, other.guid, context, options)


def replicated(config):
    """Whether this domain controller and its partner hold each other's changes; makes them replicate first."""
    lp = lab.loadparm()
    credentials = join.administrator(config, lp)
    here, there = (Controller(fqdn, credentials, lp) for fqdn in (config["fqdn"], config["join"]["fqdn"]))
    here.pull(there)
    there.pull(here)
    return not here.lacks(there) and not there.lacks(here)


def _until(holds, deadline):
    """Asks again until a condition holds; gives why it does not when time is up, none if it does."""
    last = None
    while time.monotonic() < deadline:
        try:
            if holds():
                return None
            why = "it does not hold yet"
        except Exception as error:  # whatever is refused while a server starts is asked again
            why = str(error)
        if why != last:
            lab.say(waiting=why, role="directory")
            last = why
        time.sleep(0.05)
    return last


def watch(config, started, joined, facts):
    """In a process of its own: says when this domain controller is ready, and the facts with it."""
    deadline = time.monotonic() + WITHIN
    context = ssl.create_default_context(cafile=config["certificate_file"])
    conditions = [lambda: answers(config, context)]
    if joined:
        conditions.append(lambda: replicated(config))
    for condition in conditions:
        last = _until(condition, deadline)
        if last is not None:
            lab.say(ready=False, role="directory", last=last)
            return
    lab.say(ready=True, role="directory", after_ms=int((time.monotonic() - started) * 1000), **facts)


def watch_apart(*arguments):
    """Starts the watcher as a grandchild, so that `samba` never waits for a child that is not its own."""
    if os.fork() == 0:
        if os.fork() == 0:
            watch(*arguments)
        os._exit(0)
    os.wait()
