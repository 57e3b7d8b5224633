"""The registry: the one place where a node's state is moved."""
