"""Independent pieces of work, done one after the other, by processes of this machine, or by a cluster."""
