"""The log of a Delta table, replayed commit by commit from its JSON files alone."""

import copy
import json
from decimal import Decimal
from pathlib import Path


def commit_actions(path, version):
    """[(kind, action)]"""
    text = (Path(path) / "_delta_log" / f"{version:020}.json").read_text()
    return [next(iter(json.loads(line).items())) for line in text.splitlines()]


def latest_version(path):
    commits = (Path(path) / "_delta_log").glob("*.json")
    return max((int(file.stem) for file in commits if file.stem.isdigit()), default=-1)


def parsed(text):
    """JSON with decimals as they are written."""
    return json.loads(text, parse_float=Decimal)


def vector_id(action):
    vector = action.get("deletionVector")
    if not vector:
        return None
    offset = vector.get("offset")
    return (vector["storageType"] + vector["pathOrInlineDv"] +
            ("" if offset is None else f"@{offset}"))


class LogState:
    """What a version holds: live files by path, tombstones by (path, vector)."""

    def __init__(self):
        self.files, self.tombstones, self.transactions, self.domains = {}, {}, {}, {}
        self.protocol = self.metadata = self.commit_info = None

    def apply(self, actions):
        """A commit on top. AssertionError for what no writer may do."""
        kinds = [kind for kind, _ in actions]
        for single in ("protocol", "metaData", "commitInfo"):
            assert kinds.count(single) <= 1, f"{single} stands twice"
        for kind in ("add", "remove", "cdc"):
            paths = [action["path"] for name, action in actions if name == kind]
            assert len(paths) == len(set(paths)), f"a path stands in two {kind} actions"
        for kind, action in actions:
            if kind == "remove":
                self.remove(action)
        for kind, action in actions:
            if kind == "add":
                self.add(action)
            elif kind == "protocol":
                self.protocol = action
            elif kind == "metaData":
                self.metadata = action
            elif kind == "commitInfo":
                self.commit_info = action
            elif kind == "txn":
                self.transactions[action["appId"]] = action["version"]
            elif kind == "domainMetadata":
                self.domains[action["domain"]] = action
        if self.in_commit_times():
            assert kinds[0] == "commitInfo" and self.commit_info["inCommitTimestamp"] > 0

    def in_commit_times(self):
        return self.metadata["configuration"].get("delta.enableInCommitTimestamps") == "true"

    def remove(self, action):
        live = self.files.pop(action["path"], None)
        assert live is not None, f"{action['path']} was removed and is not live"
        assert vector_id(live) == vector_id(action), "the wrong deletion vector was removed"
        self.tombstones[action["path"], vector_id(action)] = action

    def add(self, action):
        assert action["path"] not in self.files, f"{action['path']} was added twice"
        self.files[action["path"]] = action
        self.tombstones.pop((action["path"], vector_id(action)), None)

    def live_domains(self):
        return {name: action["configuration"] for name, action in self.domains.items()
                if not action["removed"]}


def states(path):
    """[(version, state, actions)] of all commits."""
    state, found = LogState(), []
    for version in range(latest_version(path) + 1):
        actions = commit_actions(path, version)
        state = copy.copy(state)
        for part in ("files", "tombstones", "transactions", "domains"):
            setattr(state, part, dict(getattr(state, part)))
        state.apply(actions)
        found.append((version, state, actions))
    return found
