"""What can be typed: the commands with their arguments, options and help.

What a command then does is in the modules beside this folder.  They are imported when a command runs, because
what they need takes longer to import than most commands take to run; `--help` and completion need none of it.
"""
