set(schema_fuzz_LAYERS columnar)
