"""How an operation is described and performed; knows no service and no protocol library."""
