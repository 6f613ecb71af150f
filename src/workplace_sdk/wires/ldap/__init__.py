"""LDAP through python-ldap: filters and entries as values; paging, limits, referrals and TLS are this room's business."""
