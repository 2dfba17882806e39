"""What the scripts of this image share: the part's configuration and the local database."""

import os
import tomllib

CONFIG = "/etc/wblab/directory.toml"
SMB_CONF = "/etc/samba/smb.conf"
SAM_LDB = "/var/lib/samba/private/sam.ldb"

_UNITS = (("ms", 0.001), ("us", 0.000001), ("min", 60.0), ("h", 3600.0), ("s", 1.0))


def config():
    """The part's configuration: the file that the embedded directory reads too."""
    with open(CONFIG, "rb") as file:
        return tomllib.load(file)


def seconds(text):
    """The seconds of a duration such as "30min"."""
    for unit, scale in _UNITS:
        if text.endswith(unit):
            return int(text[: -len(unit)].strip().replace("_", "")) * scale
    raise ValueError(f"not a duration: {text!r}")


def ticks(text, zero):
    """A duration as the directory stores it: negative units of 100 ns; `zero` stands for a duration of nothing."""
    value = seconds(text)
    return str(-int(value * 10_000_000) if value else zero)


def base_dn(domain):
    """The distinguished name of a domain."""
    return ",".join(f"DC={label}" for label in domain.split("."))


def samdb():
    """The domain's database, opened locally with full rights."""
    from samba.auth import system_session
    from samba.param import LoadParm
    from samba.samdb import SamDB

    lp = LoadParm()
    lp.load(SMB_CONF)
    return SamDB(url=SAM_LDB, session_info=system_session(lp), lp=lp)


def forget(path):
    """Removes a file whose content was secret."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
