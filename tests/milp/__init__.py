"""Names, writers, readers and statistics of MILPs."""
