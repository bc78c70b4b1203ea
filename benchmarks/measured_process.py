"""Runs a command and prints its wall time, its peak memory and its output as one line of JSON.

    python -S measured_process.py COMMAND ARG…

A process of its own, because the peak that Linux reports for a child starts with the size of the
process that began it; this one is small.
"""

import json
import os
import subprocess
import sys
import time


def main():
    begin = time.perf_counter()
    process = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    print(json.dumps({"seconds": time.perf_counter() - begin,
                      "cpu_seconds": usage.ru_utime + usage.ru_stime,
                      "peak_mib": usage.ru_maxrss / 1024,
                      "status": os.waitstatus_to_exitcode(status),
                      "output": output.decode()}))


if __name__ == "__main__":
    main()
