set(commit_fuzz_LAYERS columnar)
set(commit_fuzz_SOURCES delta/action_json.cc)
