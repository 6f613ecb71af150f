"""Who is who in which system, who may act for whom, and the audit log."""
