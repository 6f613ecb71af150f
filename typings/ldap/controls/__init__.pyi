from ldap.controls import libldap as libldap
