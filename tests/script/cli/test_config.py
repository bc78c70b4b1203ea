"""deltaport config: mistakes with file and line, and where each value comes from."""

import os
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def clean_environment(**more):
    kept = {k: v for k, v in os.environ.items()
            if not k.startswith(("DELTAPORT_", "DATAPRESS_")) and k != "ADMIN_TOKEN"}
    return {**kept, **more}


def write(tmp_path, text):
    path = tmp_path / "deltaport.toml"
    path.write_text(text)
    return path


def values_of(result):
    assert result.returncode == 0, result.stderr
    return dict(line.split(" = ", 1) for line in result.stdout.splitlines()
                if re.match(r"[a-z_.]+ = .*  # ", line))


def test_check_names_file_line_and_suggestion(run_deltaport, tmp_path):
    path = write(tmp_path, "[server]\nprot = 1\nport = 70000\n\n[log]\nlevel = \"loud\"\n")
    result = run_deltaport("config", "check", "--config", path, env=clean_environment())
    assert result.returncode == 2
    lines = sorted(result.stderr.splitlines())
    assert lines == sorted([
        f"deltaport: {path}:2: unknown key 'server.prot'; did you mean 'server.port'?",
        f"deltaport: {path}:3: server.port is '70000', allowed is an integer from 0 to 65535",
        f"deltaport: {path}:6: log.level is 'loud', allowed is one of debug, info, warning, error, "
        "off"])


def test_check_names_the_place_of_a_syntax_error(run_deltaport, tmp_path):
    path = write(tmp_path, "[server]\nport = = 1\n")
    result = run_deltaport("config", "check", "--config", path, env=clean_environment())
    assert result.returncode == 2
    assert result.stderr.startswith(f"deltaport: {path}:2:")


def test_check_accepts_the_example(run_deltaport, tmp_path):
    path = write(tmp_path, run_deltaport("config", "example").stdout)
    result = run_deltaport("config", "check", "--config", path, env=clean_environment())
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == f"{path}: ok, 0 datasets, 0 warnings\n"


def test_check_warns_of_what_is_not_supported(run_deltaport, tmp_path):
    path = write(tmp_path, "[mcp]\nenabled = true\n[swagger]\nenabled = false\n")
    result = run_deltaport("config", "check", "--config", path, env=clean_environment())
    assert result.returncode == 0
    assert result.stderr == (
        f"deltaport: warning: {path}:2: mcp.enabled is not supported yet, ignored\n")


def test_check_refuses_an_open_server(run_deltaport, tmp_path):
    path = write(tmp_path, "[server]\nlisten = \"0.0.0.0\"\n")
    result = run_deltaport("config", "check", "--config", path, env=clean_environment())
    assert result.returncode == 2
    assert "--allow-insecure-listen" in result.stderr


def test_missing_file_is_exit_code_3(run_deltaport, tmp_path):
    result = run_deltaport("config", "check", "--config", tmp_path / "no.toml")
    assert result.returncode == 3
    assert "no.toml" in result.stderr


def test_environment_wins_over_file_over_default(run_deltaport, tmp_path):
    path = write(tmp_path, "[server]\nport = 1\nmax_page_size = 7\n")
    result = run_deltaport("config", "print", "--config", path,
                           env=clean_environment(DELTAPORT_SERVER_PORT="2"))
    values = values_of(result)
    assert values["server.port"] == "2  # environment DELTAPORT_SERVER_PORT"
    assert values["server.max_page_size"] == f"7  # {path}:3"
    assert values["server.request_timeout_ms"] == "30000  # default"


def test_wrong_environment_names_the_variable(run_deltaport):
    result = run_deltaport("config", "check", env=clean_environment(DELTAPORT_LOG_LEVEL="loud"))
    assert result.returncode == 2
    assert "environment DELTAPORT_LOG_LEVEL" in result.stderr


def test_secrets_are_masked(run_deltaport, tmp_path):
    path = write(tmp_path, "[server.pgwire]\npassword = \"hush-hush\"\n")
    result = run_deltaport("config", "print", "--config", path,
                           env=clean_environment(ADMIN_TOKEN="top-secret"))
    assert values_of(result)["auth.admin_token"] == '"***"  # environment ADMIN_TOKEN'
    assert "top-secret" not in result.stdout + result.stderr
    assert "hush-hush" not in result.stdout + result.stderr


def test_files_are_searched_in_order(run_deltaport, tmp_path):
    def port(**more):
        result = run_deltaport("config", "print", cwd=tmp_path, env=clean_environment(**more))
        return values_of(result)["server.port"].split()[0]

    assert port() == "8080"
    for number, name in enumerate(["datasets.toml", "deltaport.toml", "peer.toml", "own.toml"], 1):
        (tmp_path / name).write_text(f"[server]\nport = {number}\n")
    assert port() == "2"
    assert port(DATAPRESS_CONFIG_FILE="peer.toml") == "3"
    assert port(DATAPRESS_CONFIG_FILE="peer.toml", DELTAPORT_CONFIG_FILE="own.toml") == "4"


def test_every_key_is_documented(run_deltaport, tmp_path):
    result = run_deltaport("config", "print", cwd=tmp_path, env=clean_environment())
    document = (ROOT / "docs/configuration.md").read_text()
    missing = [key for key in values_of(result) if f"`{key}`" not in document]
    assert not missing
