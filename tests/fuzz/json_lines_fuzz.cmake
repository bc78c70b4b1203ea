set(json_lines_fuzz_LAYERS lake)
