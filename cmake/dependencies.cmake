# Finds what scripts/install-dependencies installed. Headers of others are SYSTEM: no warnings.

if(DEFINED ENV{DELTAPORT_CACHE})
  set(cache_default $ENV{DELTAPORT_CACHE})
elseif(DEFINED ENV{XDG_CACHE_HOME})
  set(cache_default $ENV{XDG_CACHE_HOME}/deltaport)
else()
  set(cache_default $ENV{HOME}/.cache/deltaport)
endif()
set(DELTAPORT_CACHE ${cache_default} CACHE PATH "Where install-dependencies unpacked the libraries")

foreach(library arrow duckdb yyjson)
  if(NOT EXISTS ${DELTAPORT_CACHE}/${library}/.complete)
    message(FATAL_ERROR "${DELTAPORT_CACHE}/${library} is missing: run scripts/install-dependencies")
  endif()
  file(REAL_PATH ${DELTAPORT_CACHE}/${library} ${library}_dir)
endforeach()

function(deltaport_prebuilt name include_dirs library)
  add_library(${name} SHARED IMPORTED GLOBAL)
  set_target_properties(${name} PROPERTIES IMPORTED_LOCATION ${library}
                        INTERFACE_INCLUDE_DIRECTORIES "${include_dirs}")
endfunction()
deltaport_prebuilt(arrow ${arrow_dir}/include ${arrow_dir}/lib/libarrow.so.2600)
deltaport_prebuilt(arrow_compute ${arrow_dir}/include ${arrow_dir}/lib/libarrow_compute.so.2600)
deltaport_prebuilt(parquet ${arrow_dir}/include ${arrow_dir}/lib/libparquet.so.2600)
deltaport_prebuilt(duckdb
  "${duckdb_dir}/src/include;${duckdb_dir}/extension/parquet/include;${duckdb_dir}/third_party/parquet;${duckdb_dir}/third_party/thrift"
  ${duckdb_dir}/lib/libduckdb.so)
# The libraries find each other next to themselves; the linker needs to be told.
link_libraries(-Wl,-rpath-link,${arrow_dir}/lib)

add_library(yyjson STATIC ${yyjson_dir}/yyjson.c)
target_include_directories(yyjson SYSTEM PUBLIC ${yyjson_dir})
target_compile_options(yyjson PRIVATE -w -O2)

find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(CURL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PkgConfig REQUIRED)
foreach(module libzstd libisal libbrotlienc libbrotlidec)
  pkg_check_modules(${module} REQUIRED IMPORTED_TARGET ${module})
endforeach()
if(DELTAPORT_TESTS)
  find_package(GTest REQUIRED)
endif()
