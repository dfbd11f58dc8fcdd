"""Whether "clean" is ever false: written sessions, each judged by a real Restart & Run All in a new process.

The oracle in ``tests/oracle`` makes sessions at random and judges them within one process. Settings, seeds
and libraries that are loaded already would leak from one such session into the next. Here each session, and
each restart, has a process to itself in which no library of the user's was loaded before.

``notation`` is how a session is written. ``sessions`` holds them, by kind. ``server`` forks a process for
each session; ``play`` is what runs in it. ``judge`` compares, ``report`` prints.
``python -m tests.restarts --help`` is the command.
"""
