"""The people index: names and topics folded, forgiving one wrong letter, ranked with reasons.

It is derived data: it can be thrown away and built again from the directory or the local store.
"""
