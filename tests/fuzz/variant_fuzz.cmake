set(variant_fuzz_LAYERS columnar)
