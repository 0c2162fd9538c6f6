"""The uplink measured beside a bare script: `python -m bench.uplink`, `.backlog` and `.crowd`."""
