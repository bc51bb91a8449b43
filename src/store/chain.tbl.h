/* F(ID, word, what was found, what to do): everything that a verification can find. */
#define COPY                                                                                   \
	"Stop, keep this store as it is, and compare with a backup from before: its row says " \
	"what stood there."
F(NUMBER_MISSING, "number_missing", "a number is missing: rows were removed", COPY)
F(SEAL_DAMAGED, "seal_damaged", "its seal is damaged", COPY)
F(MISFIT, "chain_misfit", "the chain does not fit: a seal was changed, inserted or moved", COPY)
F(ROW_REMOVED, "row_removed", "its row was removed", COPY)
F(ROW_CHANGED, "row_changed", "its row was changed", COPY)
F(ROW_RENUMBERED, "row_renumbered", "its row carries another number", COPY)
F(ROW_INSERTED, "row_inserted", "a row carries a number that was never given to it", COPY)
F(TRUNCATED, "truncated",
    "a checkpoint covers it and the chain ends before: the newest rows were removed",
    "If an older backup was restored, its gap is real: keep checkpoints.log. If not, stop and "
    "compare with a backup.")
F(REWRITTEN, "rewritten",
    "the chain is another one than the signed checkpoint says: it was rewritten", COPY)
F(COUNTS, "counts", "the checkpoint counts other rows than there are", COPY)
F(CHECKPOINT_DAMAGED, "checkpoint_damaged",
    "its checkpoint is damaged or its signature does not fit",
    "Compare with checkpoints.log and with copies of it outside this machine.")
F(CHECKPOINT_REMOVED, "checkpoint_removed", "a checkpoint of the file is not in the store",
    COPY)
F(KEY_UNKNOWN, "key_unknown", "its checkpoint is signed by a key that nobody vouches for",
    "Give the public key that you kept (--public-key); if the key was lost, `tutela audit key` "
    "says since when.")
#undef COPY
