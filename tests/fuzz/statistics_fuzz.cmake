set(statistics_fuzz_LAYERS delta)
