"""Fills a new, stopped Samba domain. Run by Debian's own Python, which has Samba's library.

    samba_seed.py SMB_CONF < SEED

SEED is JSON: ``add``, a list of entries in the order in which they are added; ``spn``, names the domain controller
answers to; ``writer`` may change everything below ``staff``.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import ldb
from samba.auth import system_session
from samba.dcerpc import security
from samba.ndr import ndr_pack, ndr_unpack
from samba.param import LoadParm
from samba.samdb import SamDB


def replace(db: Any, dn: str, flag: int = ldb.FLAG_MOD_REPLACE, **values: Any) -> None:
    message = ldb.Message(ldb.Dn(db, dn))
    for name, value in values.items():
        message[name] = ldb.MessageElement(value, flag, name)
    db.modify(message)


def added(entry: dict[str, Any]) -> dict[str, Any]:
    password = entry.pop("password", None)
    return {**entry, "clearTextPassword": password.encode("utf-16-le")} if password else entry


def let_write(db: Any, account: str, below: str) -> None:
    """*account* may do everything below *below*."""
    raw = db.search(account, ldb.SCOPE_BASE, attrs=["objectSid"])[0]["objectSid"][0]
    sid = ndr_unpack(security.dom_sid, raw)
    domain = security.dom_sid(db.domain_sid)
    raw = db.search(below, ldb.SCOPE_BASE, attrs=["nTSecurityDescriptor"])[0]["nTSecurityDescriptor"][0]
    sddl = ndr_unpack(security.descriptor, raw).as_sddl(domain)
    first = sddl.index("(", sddl.index("D:"))
    allowed = security.descriptor.from_sddl(f"{sddl[:first]}(A;CI;GA;;;{sid}){sddl[first:]}", domain)
    replace(db, below, nTSecurityDescriptor=ndr_pack(allowed))


def main() -> None:
    seed = json.load(sys.stdin)
    parameters = LoadParm()
    parameters.load(sys.argv[1])
    db = SamDB(url=parameters.private_path("sam.ldb"), session_info=system_session(), lp=parameters)
    base = str(db.get_default_basedn())
    replace(db, base, maxPwdAge="0", minPwdAge="0")  # fixed passwords, which never expire
    controller = db.search(f"OU=Domain Controllers,{base}", ldb.SCOPE_ONELEVEL, attrs=[])[0]
    replace(db, str(controller.dn), ldb.FLAG_MOD_ADD, servicePrincipalName=seed["spn"])
    db.transaction_start()
    for entry in seed["add"]:
        db.add(added(entry))
    db.transaction_commit()
    let_write(db, seed["writer"], seed["staff"])


if __name__ == "__main__":
    main()
