"""Planning a meeting over several systems: who brings what, one part after the other, and giving back what cannot be used."""
