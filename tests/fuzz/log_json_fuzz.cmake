set(log_json_fuzz_LAYERS delta)
