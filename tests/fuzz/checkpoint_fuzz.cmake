set(checkpoint_fuzz_LAYERS delta)
