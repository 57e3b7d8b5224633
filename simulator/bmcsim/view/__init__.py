"""What is shown while a fleet runs: a live picture on a terminal, a line now and then anywhere else."""

from bmcsim.view.picture import Picture, Watch
from bmcsim.view.screen import Lines, Screen, View, view_for

__all__ = ["Lines", "Picture", "Screen", "View", "Watch", "view_for"]
