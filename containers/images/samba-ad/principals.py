"""The names under which Kerberos knows this domain controller.

Without them its partners get no tickets for replication. Samba's own list of them stands in its private folder; the task
that would add them while the server runs asks DNS about much else first, and is not started.
"""

import lab

LIST = f"{lab.PRIVATE}/spn_update_list"


def _templates():
    with open(LIST, encoding="utf-8") as file:
        lines = (line.strip() for line in file)
        return [line for line in lines if line and not line.startswith("#")]


def register(samdb, config):
    """Adds the names that this domain controller's account lacks."""
    import ldb
    from samba import substitute_var

    lp = lab.loadparm()
    netbios, domain = lp.get("netbios name"), config["domain"].lower()
    values = {
        "HOSTNAME": config["fqdn"].lower(),
        "NETBIOSNAME": netbios,
        "WORKGROUP": lp.get("workgroup"),
        "DNSDOMAIN": domain,
        "DNSFOREST": domain,
        "NTDSGUID": samdb.get_ntds_GUID(),
    }
    found = samdb.search(
        samdb.domain_dn(), ldb.SCOPE_SUBTREE, f"(sAMAccountName={netbios}$)", attrs=["servicePrincipalName"]
    )[0]
    known = {str(name).lower() for name in found.get("servicePrincipalName", [])}
    wanted = [substitute_var(template, values) for template in _templates()]
    message = ldb.Message(found.dn)
    new = [name for name in wanted if name.lower() not in known]
    message["add"] = ldb.MessageElement(new, ldb.FLAG_MOD_ADD, "servicePrincipalName")
    samdb.modify(message)
