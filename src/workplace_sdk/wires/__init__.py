"""How a kind of system is spoken to: http, ldap, sql. Each turns requests as values into exchanges."""
