"""A batcher in a thread of its own: the engine over any network that runs in this process."""

from __future__ import annotations

import threading

import torch

from glaswerk.core.errors import GlaswerkError
from glaswerk.infer.engines.batcher import Batcher, Running
from glaswerk.infer.engines.job import Job
from glaswerk.infer.engines.network import Network


class BatchEngine:
    """Continuous batching over a network; what draws tokens is the same for all of them.

    threads: of torch, in this thread; 0 leaves torch's own number.
    """

    name = "batch"
    abilities = frozenset({"logprobs", "logit_bias", "grammar", "seed", "penalties"})

    def __init__(self, network: Network, *, slots: int = 64, chunk: int = 256, threads: int = 0) -> None:
        self._batcher = Batcher(network, slots=slots, chunk=chunk)
        self._threads = threads
        self._wake = threading.Condition()
        self._closed = self._news = False
        self._thread = threading.Thread(target=self._run, name=f"{self.name}-engine", daemon=True)
        self._thread.start()

    @property
    def load(self) -> tuple[int, int]:
        """Number of jobs that run and that wait."""
        return self._batcher.load

    def submit(self, job: Job) -> Running:
        """Queue a job. Raises GlaswerkError if the engine is closed."""
        with self._wake:
            if self._closed:
                raise GlaswerkError("the engine is closed", hint="glaswerk serve")
            running = self._batcher.add(job)
            self._news = True
            self._wake.notify()
        return running

    def close(self) -> None:
        """End all jobs as cancelled; returns when the thread has ended."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        if self._threads:
            torch.set_num_threads(self._threads)
        while not self._closed:
            try:
                busy = self._batcher.step()
            # Whatever a step raises belongs to the jobs of that step; the engine goes on with the next ones.
            except Exception as error:  # noqa: BLE001
                self._batcher.end_all("error", error)
                busy = False
            if not busy:
                self._sleep()
        self._batcher.end_all()

    def _sleep(self) -> None:
        with self._wake:
            while not (self._news or self._closed):
                self._wake.wait()
            self._news = False
