"""What tools/benchmark runs. docs/performance.md says what its figures mean."""
