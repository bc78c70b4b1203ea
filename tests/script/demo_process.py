"""scripts/demo as a child process: its address, what it printed, and a clean end."""

import re
import signal
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LAST_LINE = "Ctrl-C ends the server."


class Demo:
    """Started with a free port; `output` is all it printed until it waits for Ctrl-C."""

    def __init__(self, log_path):
        self._log = open(log_path, "w", encoding="utf-8")
        start = time.monotonic()
        self._process = subprocess.Popen([ROOT / "scripts/demo", "--port", "0"], text=True,
                                         stdout=subprocess.PIPE, stderr=self._log)
        lines = []
        for line in self._process.stdout:
            lines.append(line.rstrip("\n"))
            if lines[-1] == LAST_LINE:
                break
        self.seconds_to_start = time.monotonic() - start
        self.output = "\n".join(lines)
        found = re.search(r"http://127\.0\.0\.1:\d+", self.output)
        self.url = found.group(0) if found else None

    def stop(self):
        """Ctrl-C. Returns the exit code; raises if the demo does not end in 10 s."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(10)
        finally:
            self._process.kill()
            self._log.close()
