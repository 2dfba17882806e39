"""Sets every secret of a restored domain anew, so that none of the run that made the snapshot is valid any more."""

import json
from types import SimpleNamespace

import lab

ACCOUNTS = "/etc/wblab/accounts.json"
# The directory keeps the keys before the current ones and those before them, and may honour both: all three are replaced.
GENERATIONS = 3


def accounts():
    """Who else has a password of the run's own, by distinguished name. The file goes when it was read."""
    try:
        with open(ACCOUNTS, encoding="utf-8") as file:
            listed = json.load(file)
    except FileNotFoundError:
        return []
    lab.forget(ACCOUNTS)
    return listed


def _set(samdb, dn, password):
    import samba

    for _ in range(GENERATIONS - 1):
        _write(samdb, dn, samba.generate_random_password(32, 32))
    _write(samdb, dn, password)


def _write(samdb, dn, password):
    import ldb

    message = ldb.Message(dn)
    value = password.encode("utf-16-le")
    message["clearTextPassword"] = ldb.MessageElement(value, ldb.FLAG_MOD_REPLACE, "clearTextPassword")
    samdb.modify(message)


def _found(samdb, dn):
    """An account that may be missing, since only some worlds have it."""
    import ldb

    try:
        return samdb.search(dn, ldb.SCOPE_BASE, attrs=["objectClass"])[0].dn
    except ldb.LdbError as error:
        if error.args[0] == ldb.ERR_NO_SUCH_OBJECT:
            return None
        raise


def own_account(samdb, secrets, config):
    """This domain controller's own password, in the domain and among its secrets."""
    from samba.dcerpc import security
    from samba.upgradehelpers import update_machine_account_password

    lp = lab.loadparm()
    names = SimpleNamespace(
        netbiosname=lp.get("netbios name"),
        domain=lp.get("workgroup"),
        realm=lp.get("realm"),
        dnsdomain=config["domain"].lower(),
        domainsid=security.dom_sid(samdb.get_domain_sid()),
    )
    for _ in range(GENERATIONS):
        update_machine_account_password(samdb, secrets, names)


def renew(samdb, config):
    """The administrator's and the listed accounts' passwords from their files; the domain's and this server's at random."""
    from samba.upgradehelpers import update_krbtgt_account_password

    base = samdb.domain_dn()
    listed = accounts() + [{"dn": f"CN=Administrator,CN=Users,{base}", "password": lab.password(config)}]
    secrets = lab.secrets()
    with lab.transaction(secrets), lab.transaction(samdb):
        for account in listed:
            dn = _found(samdb, account["dn"])
            if dn is not None:
                _set(samdb, dn, account["password"])
        for _ in range(GENERATIONS):
            update_krbtgt_account_password(samdb)
        own_account(samdb, secrets, config)
