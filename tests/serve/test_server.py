"""Starting and stopping the server as a user does."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.serve import serve
from glaswerk.serve.server import bind

_RUN = (
    "import sys; from pathlib import Path; from glaswerk.lab import Lab; from glaswerk.serve import serve; "
    "serve(Lab.open(Path(sys.argv[1])), host=sys.argv[2], port=0)"
)


@pytest.mark.slow
def test_serve_tells_its_address_answers_and_stops_on_ctrl_c(glass_folder: Path) -> None:
    command = [sys.executable, "-c", _RUN, str(glass_folder), "127.0.0.1"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = ""
        while not (found := re.search(r"(http://\S+)  \(Ctrl-C", said)):
            line = process.stderr.readline()
            assert line, f"the server ended: {said}"
            said += line
        assert httpx.get(f"{found[1]}/health").json()["status"] == "ok"
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        assert process.wait() == 0
    assert "Traceback" not in said + rest
    assert "chat/step-60" in said


def test_a_port_in_use_is_named_with_a_free_one_to_type(glass: Lab) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(GlaswerkError, match=f"port {port} on 127.0.0.1 is in use") as caught:
            serve(glass, port=port)
    offered = re.fullmatch(r"glaswerk serve --port (\d+)", caught.value.hint or "")
    assert offered is not None
    assert int(offered[1]) != port
    bind("127.0.0.1", int(offered[1])).close()


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_out_of_range_is_refused(port: int) -> None:
    with pytest.raises(GlaswerkError, match=f"found {port}"):
        bind("127.0.0.1", port)


@pytest.mark.parametrize("host", ["203.0.113.7", "no.such.host.invalid"])
def test_an_address_of_another_machine_is_refused(host: str) -> None:
    with pytest.raises(GlaswerkError) as caught:
        bind(host, 0)
    assert caught.value.hint == "glaswerk serve --host 127.0.0.1"
