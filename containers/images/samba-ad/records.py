"""The DNS records of domain controllers, edited in the local database."""

import lab

# Who holds the role is announced under this name; a further domain controller does not hold it.
PDC = "_ldap._tcp.pdc"


def _nodes(samdb):
    """Every name of the domain's and the forest's zones with its records."""
    import ldb

    for partition in ("DomainDnsZones", "ForestDnsZones"):
        base = f"DC={partition},{samdb.domain_dn()}"
        for node in samdb.search(base, ldb.SCOPE_SUBTREE, "(&(objectClass=dnsNode)(dnsRecord=*))", attrs=["dnsRecord"]):
            yield node.dn, samdb.dns_extract(node["dnsRecord"])


def _twin(record, name, partner, partner_address, fqdn, address):
    """What a further domain controller announces beside a record of its partner; none if that record is not for both."""
    from samba.dcerpc import dnsp
    from samba.provision import sambadns

    host = partner.split(".")[0]
    if record.wType == dnsp.DNS_TYPE_A and record.data == partner_address and name.lower() != host.lower():
        return sambadns.ARecord(address)
    if record.wType == dnsp.DNS_TYPE_NS and record.data.lower() == partner.lower():
        return sambadns.NSRecord(fqdn)
    if record.wType == dnsp.DNS_TYPE_SRV and record.data.nameTarget.lower() == partner.lower() and not name.startswith(PDC):
        return sambadns.SRVRecord(fqdn, record.data.wPort)
    return None


def _told(record):
    """A record's content, to see whether it is there already."""
    data = record.data
    return record.wType, (data.nameTarget.lower(), data.wPort) if hasattr(data, "nameTarget") else str(data).lower()


def announce(samdb, config, address):
    """Announces this domain controller wherever its partner is announced; its own name and alias are there since the join."""
    partner = config["join"]
    with lab.transaction(samdb):
        for dn, records in list(_nodes(samdb)):
            twins = [
                _twin(record, dn.get_rdn_value(), partner["fqdn"], partner["address"], config["fqdn"], address)
                for record in records
            ]
            known = {_told(record) for record in records}
            new = [twin for twin in twins if twin is not None and _told(twin) not in known]
            if new:
                samdb.dns_replace_by_dn(dn, records + new)


def address_of(samdb, fqdn):
    """The address that the database has for a name; none if it has none."""
    from samba import WERRORError
    from samba.dcerpc import dnsp

    try:
        _, records = samdb.dns_lookup(fqdn)
    except WERRORError:
        return None
    return next((record.data for record in records if record.wType == dnsp.DNS_TYPE_A), None)


def move(samdb, old, new):
    """Writes a new address wherever the old one stands."""
    from samba.dcerpc import dnsp

    for dn, records in list(_nodes(samdb)):
        stale = [record for record in records if record.wType == dnsp.DNS_TYPE_A and record.data == old]
        for record in stale:
            record.data = new
        if stale:
            samdb.dns_replace_by_dn(dn, records)


def drop(samdb, gone):
    """Removes every address record of a domain controller that is no more."""
    from samba.dcerpc import dnsp

    for dn, records in list(_nodes(samdb)):
        kept = [record for record in records if record.wType != dnsp.DNS_TYPE_A or record.data != gone]
        if len(kept) < len(records):
            samdb.dns_replace_by_dn(dn, kept)
