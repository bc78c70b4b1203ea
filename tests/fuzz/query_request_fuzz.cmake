set(query_request_fuzz_LAYERS columnar)
set(query_request_fuzz_SOURCES
    engine/exact_number.cc engine/iso_time.cc engine/literal_binding.cc engine/query_binding.cc
    ports/datapress/json_body.cc ports/datapress/json_position.cc
    ports/datapress/query_request.cc)
