set(file_path_fuzz_LAYERS delta)
