"""The formal model: what is made from the spec to be checked, and what shows that the checking would notice."""
