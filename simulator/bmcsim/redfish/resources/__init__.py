"""The resources of a BMC, a module each for what belongs together (DMTF DSP0268)."""
