"""python -m bench.peers.llama_server MODEL.gguf SLOTS CONTEXT: llama.cpp's HTTP server; prints its port."""

from __future__ import annotations

import os
import signal
import sys

import click
import xllamacpp


def main() -> None:
    settings = xllamacpp.CommonParams()
    settings.model.path, slots, context = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    settings.n_parallel, settings.n_ctx = slots, slots * context
    # As ours: a core is left for HTTP.
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = max(1, (os.cpu_count() or 2) - 1)
    server = xllamacpp.Server(settings)
    click.echo(server.listening_address.rpartition(":")[2])
    signal.pause()


if __name__ == "__main__":
    main()
