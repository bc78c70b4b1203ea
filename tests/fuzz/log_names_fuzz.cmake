set(log_names_fuzz_LAYERS delta)
