//! What programs of other people say about our log and our witness. Only in the long run, for they come from registries.
