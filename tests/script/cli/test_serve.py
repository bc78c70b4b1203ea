"""deltaport serve: addresses, logs, signals."""

import contextlib
import json
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request

import pytest
from small_tables import commit_delta

LISTENING = re.compile(r"^Deltaport \S+ listening on (http://127\.0\.0\.1:\d+\S*)$")


@contextlib.contextmanager
def serving(deltaport, *arguments, **options):
    process = subprocess.Popen([deltaport, "serve", "--port", "0", *map(str, arguments)],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    try:
        line = process.stdout.readline()
        match = LISTENING.match(line)
        assert match, (line, process.stderr.read() if process.poll() is not None else "")
        yield process, match.group(1)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def get(url, **options):
    with urllib.request.urlopen(urllib.request.Request(url, **options), timeout=20) as response:
        return response.status, json.loads(response.read())


def await_ready(url):
    for _ in range(200):
        try:
            return get(url + "/readyz")
        except urllib.error.HTTPError as error:
            assert error.code == 503
        time.sleep(0.05)
    raise AssertionError("the server did not become ready")


def test_folder_is_served_and_signal_ends_with_0(deltaport, small_lake):
    with serving(deltaport, small_lake) as (process, url):
        await_ready(url)
        _, listing = get(url + "/api/v1/datasets")
        assert [entry["name"] for entry in listing["datasets"]] == ["events", "files"]
        _, answer = get(url + "/api/v1/datasets/events/count", data=b"{}", method="POST",
                        headers={"Content-Type": "application/json"})
        assert answer == {"count": 3}
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0


def test_new_commits_become_visible(deltaport, small_lake):
    with serving(deltaport, small_lake, "--follow-interval-ms", 20) as (_, url):
        await_ready(url)
        commit_delta(small_lake / "events", 2, [4, 5])
        for _ in range(200):
            _, answer = get(url + "/api/v1/datasets/events/count", data=b"{}", method="POST",
                            headers={"Content-Type": "application/json"})
            if answer == {"count": 5}:
                return
            time.sleep(0.05)
    raise AssertionError("the commit did not become visible")


def test_prefix_is_in_front_of_every_route(deltaport, small_lake):
    with serving(deltaport, small_lake, "--prefix", "/data") as (_, url):
        assert url.endswith("/data")
        await_ready(url)
        with pytest.raises(urllib.error.HTTPError) as error:
            get(url.removesuffix("/data") + "/health")
        assert error.value.code == 404


def test_one_json_log_line_a_request(deltaport, small_lake):
    with serving(deltaport, small_lake, "--log-format", "json") as (process, url):
        await_ready(url)
        get(url + "/health")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    lines = [json.loads(line) for line in errors.splitlines()]
    health = [line for line in lines if line.get("target") == "/health"]
    assert len(health) == 1
    assert health[0]["status"] == 200
    assert health[0]["method"] == "GET"


def test_listening_for_strangers_is_refused(run_deltaport, small_lake):
    result = run_deltaport("serve", small_lake, "--listen", "0.0.0.0", "--port", 0)
    assert result.returncode == 2
    assert "--allow-insecure-listen" in result.stderr
    assert result.stdout == ""


def test_nothing_to_serve_says_what_to_give(run_deltaport, tmp_path):
    result = run_deltaport("serve", "--port", 0, cwd=tmp_path)
    assert result.returncode == 2
    assert "deltaport serve ./lake" in result.stderr


def test_folder_that_does_not_exist_is_exit_code_3(run_deltaport, tmp_path):
    result = run_deltaport("serve", tmp_path / "nope", "--port", 0)
    assert result.returncode == 3


def test_taken_port_is_an_error_that_names_the_address(deltaport, run_deltaport, small_lake):
    with serving(deltaport, small_lake) as (_, url):
        port = url.rsplit(":", 1)[1]
        result = run_deltaport("serve", small_lake, "--port", port)
        assert result.returncode in (2, 12)
        assert port in result.stderr


def test_wrong_flag_value_names_the_flag(run_deltaport, small_lake):
    result = run_deltaport("serve", small_lake, "--port", "many")
    assert result.returncode == 2
    assert result.stderr.startswith("deltaport: flag --port: server.port is 'many', allowed is ")
