"""powerfsm: owns the power of a fleet of bare-metal machines."""

__version__ = "0.1.0"
