// Unpacked dictionaries of Parquet column chunks, kept for the next look-up: many pages of a chunk
// share one, and it is often larger than a page.

#pragma once

#include "base/recent_cache.h"

namespace parquet {
class Page;
}

namespace deltaport::columnar {

// By footer and place in the file; costs are bytes.
using DictionaryCache = RecentCache<parquet::Page>;

}  // namespace deltaport::columnar
