"""What a password leaves in the directory, computed as the directory itself would.

The NT hash is what a simple bind and NTLM compare; the AES keys are what Kerberos uses. Giving them with the bypass control
of Samba's password module (DSDB_CONTROL_BYPASS_PASSWORD_HASH_OID) spares the 20 ms that the module takes for each person.
"""

import hashlib
import os

ITERATIONS = 4096
# RFC 3961, 5.3: the constant "kerberos" folded to one block of AES (n-fold, 5.1).
KERBEROS = bytes.fromhex("6b65726265726f737b9b5b2b93132b93")
# Encryption types: RFC 3962 section 7; the two of DES stand there because the format asks for them.
AES256, AES128, DES_CBC_MD5, DES_CBC_CRC = 18, 17, 3, 1


def nt_hash(password):
    """MD4 over the password in UTF-16LE ([MS-NLMP] 3.3.1). OpenSSL 3 has no MD4 any more; Samba brings its own."""
    from samba.crypto import md4_hash_blob

    return md4_hash_blob(password.encode("utf-16-le"))


def salt(realm, account, principal):
    """The salt of a person's keys ([MS-KILE] 3.1.1.2), from the principal's name as Samba takes it."""
    return realm.upper() + (principal.split("@")[0] if principal else account)


def _encrypt(key, block):
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(block)


def aes_keys(password, salt_text):
    """Both AES keys of a password (RFC 3962 section 4). Most of the time goes into the first line, once for both: the
    derivation for 128 bits is the first half of the one for 256. It lets other threads run."""
    seed = hashlib.pbkdf2_hmac("sha1", password.encode(), salt_text.encode(), ITERATIONS, 32)
    first = _encrypt(seed, KERBEROS)
    return first + _encrypt(seed, first), _encrypt(seed[:16], KERBEROS)


def _key(kind, number, value):
    made = kind()
    made.keytype, made.value, made.value_len = number, value, len(value)
    return made


def _blob(version, ctr, salt_text, keys):
    from samba.dcerpc import drsblobs
    from samba.ndr import ndr_pack

    ctr.salt.string, ctr.num_keys, ctr.keys = salt_text, len(keys), keys
    made = drsblobs.package_PrimaryKerberosBlob()
    made.version, made.ctr = version, ctr
    return ndr_pack(made)


def supplemental(salt_text, aes256, aes128):
    """The attribute supplementalCredentials ([MS-SAMR] 2.2.10) with the keys; those of DES are random, as nobody may use them.
    The hashes of the digest scheme are left out."""
    from samba.dcerpc import drsblobs
    from samba.ndr import ndr_pack

    des = os.urandom(8)
    older = [_key(drsblobs.package_PrimaryKerberosKey3, number, des) for number in (DES_CBC_MD5, DES_CBC_CRC)]
    pairs = ((AES256, aes256), (AES128, aes128), (DES_CBC_MD5, des), (DES_CBC_CRC, des))
    newer = [_key(drsblobs.package_PrimaryKerberosKey4, number, value) for number, value in pairs]
    for key in newer:
        key.iteration_count = ITERATIONS
    ctr4 = drsblobs.package_PrimaryKerberosCtr4()
    ctr4.default_iteration_count = ITERATIONS
    packages = (
        ("Primary:Kerberos-Newer-Keys", _blob(4, ctr4, salt_text, newer), 1),
        ("Primary:Kerberos", _blob(3, drsblobs.package_PrimaryKerberosCtr3(), salt_text, older), 1),
        ("Packages", "Kerberos-Newer-Keys\0Kerberos".encode("utf-16-le"), 2),
    )
    whole = drsblobs.supplementalCredentialsBlob()
    whole.sub.packages = [_package(*package) for package in packages]
    whole.sub.num_packages = len(packages)
    return ndr_pack(whole)


def _package(name, data, reserved):
    from samba.dcerpc import drsblobs

    made = drsblobs.supplementalCredentialsPackage()
    made.name, made.data, made.reserved = name, data.hex().upper(), reserved
    made.name_len, made.data_len = 2 * len(name), len(made.data)
    return made
