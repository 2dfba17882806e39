"""What the scripts of this image share: the part's configuration and the local databases."""

import contextlib
import json
import os
import tomllib

CONFIG = "/etc/wblab/directory.toml"
SMB_CONF = "/etc/samba/smb.conf"
STATE = "/var/lib/samba"
PRIVATE = f"{STATE}/private"

_UNITS = (("ms", 0.001), ("us", 0.000001), ("min", 60.0), ("h", 3600.0), ("s", 1.0))


def say(**fields):
    """One JSON line on standard output."""
    print(json.dumps(fields, separators=(",", ":")), flush=True)


def config():
    """The part's configuration: the file that the embedded directory reads too."""
    with open(CONFIG, "rb") as file:
        return tomllib.load(file)


def password(config):
    """The administrator's password, which stands in a file of its own."""
    with open(config["admin_password_file"], encoding="utf-8") as file:
        return file.read().rstrip("\r\n")


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


def loadparm():
    """What smb.conf says."""
    from samba.param import LoadParm

    lp = LoadParm()
    lp.load(SMB_CONF)
    return lp


def samdb(**more):
    """The domain's database, opened locally with full rights."""
    from samba.auth import system_session
    from samba.samdb import SamDB

    lp = loadparm()
    return SamDB(url=f"{PRIVATE}/sam.ldb", session_info=system_session(lp), lp=lp, **more)


def secrets():
    """This domain controller's own secrets, opened locally."""
    from samba import Ldb
    from samba.auth import system_session

    lp = loadparm()
    return Ldb(f"{PRIVATE}/secrets.ldb", session_info=system_session(lp), lp=lp)


@contextlib.contextmanager
def transaction(database):
    """All or nothing; nobody else writes meanwhile."""
    database.transaction_start()
    try:
        yield
    except BaseException:
        database.transaction_cancel()
        raise
    database.transaction_commit()


def logger():
    """Where Samba's own modules tell their warnings: standard error."""
    import logging
    import sys

    log = logging.getLogger("wblab")
    if not log.handlers:
        log.addHandler(logging.StreamHandler(sys.stderr))
        log.setLevel(logging.WARNING)
    return log


def forget(path):
    """Removes a file whose content was secret."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
