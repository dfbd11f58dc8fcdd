"""What cellgraph costs: ``python -m tests.benchmarks`` prints it beside plain IPython in the same run."""
