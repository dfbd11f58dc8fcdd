"""cellgraph's tests; ``tests.benchmarks`` and ``tests.oracle`` are also programs."""
