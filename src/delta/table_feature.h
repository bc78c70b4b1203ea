// The table features of the protocol and what we can do with each.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <arrow/type.h>

#include "base/error.h"
#include "delta/action.h"

namespace deltaport::delta {

// The features that a protocol turns on: listed ones, or those that a legacy version implies.
std::vector<std::string> ReaderFeatures(const Protocol& protocol);
std::vector<std::string> WriterFeatures(const Protocol& protocol);

// kUnsupportedFeature naming every feature that readers must know and we do not, kCorruptTable for
// feature lists that contradict the versions. Deletion vectors are judged by the files: see
// Snapshot::Open.
Status CheckReadable(const Protocol& protocol);

// The lowest protocol for a new table of that schema and configuration. kUnsupportedFeature naming
// a property that turns on something we do not know.
Result<Protocol> ProtocolFor(const arrow::Schema& schema, const Metadata& metadata);

// CheckReadable, and kUnsupportedFeature for each feature of a writer that we do not keep. Features
// that bind writers only where the metadata uses them (constraints, generated columns, …) stop only
// there.
Status CheckWritable(const Protocol& protocol, const Metadata& metadata);

}  // namespace deltaport::delta
