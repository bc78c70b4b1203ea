"""Whether two systems see the same rows, whatever the order and the width of Arrow's types."""

import math


def plain(value):
    """Values that compare: a map is a set of pairs, NaN equals NaN, and -0.0 differs from 0.0."""
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else repr(value)
    if isinstance(value, dict):
        return tuple((key, plain(item)) for key, item in value.items())
    if isinstance(value, list):
        pairs = value and all(isinstance(item, tuple) and len(item) == 2 for item in value)
        items = [plain(item) for item in value]
        return ("map", tuple(sorted(items, key=repr))) if pairs else tuple(items)
    if isinstance(value, tuple):
        return tuple(plain(item) for item in value)
    return value


def rows(table):
    """The rows of an Arrow table, sorted; columns by name."""
    names = sorted(table.column_names)
    return sorted((tuple((name, plain(row[name])) for name in names)
                   for row in table.select(names).to_pylist()), key=repr)


def assert_same_rows(seen, expected):
    assert sorted(seen.column_names) == sorted(expected.column_names)
    seen_rows, expected_rows = rows(seen), rows(expected)
    missing = [row for row in expected_rows if row not in seen_rows]
    extra = [row for row in seen_rows if row not in expected_rows]
    assert not missing and not extra, f"missing: {missing[:3]}\nextra: {extra[:3]}"
    assert len(seen_rows) == len(expected_rows)
