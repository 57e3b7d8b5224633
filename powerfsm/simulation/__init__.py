"""The daemon under storms and crashes, in virtual time: the same seed, the same run."""
