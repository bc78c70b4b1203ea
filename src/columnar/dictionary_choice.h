// Which columns of a Parquet file are worth a dictionary.
//
// A writer gives a dictionary up once it outgrows a page (1 MiB), and until then spends most of its
// time on the hash table, for pages that are larger than plain ones. So what is going to be given
// up is not begun: the distinct values among some rows tell how many there are.

#pragma once

#include <arrow/array.h>

namespace deltaport::columnar {

// `first`: the first rows of the column; `whole`: it has no others. True for types that are not
// looked at: booleans (which never get one) and nested columns.
bool DictionaryPays(const arrow::Array& first, bool whole);

}  // namespace deltaport::columnar
