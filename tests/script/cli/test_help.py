"""Every command explains itself, and a wrong command line is told apart from other failures."""

import pytest

COMMANDS = ["serve", "query", "ls", "schema", "history", "checkpoint", "read", "import", "create",
            "append", "overwrite", "alter", "alter add-column", "alter rename-column",
            "alter drop-column", "alter change-type", "alter set-not-null", "alter drop-not-null",
            "alter set-default", "alter drop-default", "alter set-comment", "alter set-property",
            "alter unset-property", "alter add-constraint", "alter drop-constraint",
            "alter cluster-by", "delete", "update", "merge", "changes",
            "optimize", "z-order", "vacuum",
            "restore", "convert", "config", "config check", "config print", "config example",
            "completion", "version"]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_options_and_an_example(run_deltaport, command):
    result = run_deltaport(*command.split(), "--help")
    assert result.returncode == 0
    assert f"deltaport {command.split()[0]}" in result.stdout
    assert "Example" in result.stdout
    assert result.stderr == ""


def test_help_of_the_program_names_every_command(run_deltaport):
    result = run_deltaport("--help")
    assert result.returncode == 0
    for command in COMMANDS:
        assert command.split()[0] in result.stdout


@pytest.mark.parametrize("arguments", [
    [], ["nonsense"], ["read"], ["read", "x", "--version", "abc"], ["ls", "--nonsense"],
    ["completion", "tcsh"], ["import", "x.csv", "--to", "y", "--mode", "merge"]])
def test_wrong_command_line_is_one_line_and_exit_code_2(run_deltaport, arguments):
    result = run_deltaport(*arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith("deltaport: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments, text", [
    (["histry"], "there is no command 'histry'; see deltaport --help"),
    (["config", "chek"], "there is no command 'chek'; see deltaport config --help"),
    (["config"], "a command is missing; see deltaport config --help"),
    (["read", "x", "--limit", "-1"], "is '-1', allowed is an integer from 0"),
    (["read", "x", "--version", "-1"], "is '-1', allowed is an integer from 0"),
    (["history", "x", "--limit", "-1"], "see deltaport history --help")])
def test_wrong_command_line_says_what_is_wrong_and_where_help_is(run_deltaport, arguments, text):
    assert text in run_deltaport(*arguments).stderr


def test_version_is_plain(run_deltaport):
    result = run_deltaport("version")
    assert result.returncode == 0
    assert result.stdout.splitlines()[0].startswith("deltaport 0.")
    assert run_deltaport("--version").stdout.splitlines()[0] == result.stdout.splitlines()[0]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_commands_and_options(run_deltaport, shell):
    result = run_deltaport("completion", shell)
    assert result.returncode == 0
    for word in ["serve", "query", "partition-by", "example"]:
        assert word in result.stdout


def test_bash_completes_options_of_the_command(run_deltaport):
    import subprocess
    script = run_deltaport("completion", "bash").stdout + (
        "COMP_WORDS=(deltaport config pr); COMP_CWORD=2; _deltaport; echo ${COMPREPLY[@]}\n"
        "COMP_WORDS=(deltaport read --ver); COMP_CWORD=2; _deltaport; echo ${COMPREPLY[@]}\n")
    result = subprocess.run(["bash", "-c", script], capture_output=True, text=True)
    assert result.stdout.split() == ["print", "--version"], result.stderr
