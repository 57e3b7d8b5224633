"""Chaos: the real daemon before real sockets and a real disk, while everything around it goes wrong.

One trouble is one module of `troubles`, with `inflict`; `play` has a storm of requests rage, inflicts a trouble in
the middle of it, lets the storm end, and looks at what is left (`aftermath`).  The tests in `tests/chaos` play
each trouble alone, `scripts/chaos` plays them mixed for as long as one likes.
"""
