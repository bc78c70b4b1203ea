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
// feature lists that contradict the versions.
Status CheckReadable(const Protocol& protocol);

// The lowest protocol for a new table of that schema and configuration, or the one that
// delta.minReaderVersion and delta.minWriterVersion ask for if that is higher. `more`: features
// beside those that follow from the two. kUnsupportedFeature naming a feature that we do not know.
Result<Protocol> ProtocolFor(const arrow::Schema& schema, const Metadata& metadata,
                             const std::vector<std::string>& more = {});

// `current`, raised as little as possible to hold what the schema, the configuration and `more`
// use. Everything that it holds already stays, what its legacy versions imply among it.
Result<Protocol> UpgradedProtocol(const Protocol& current, const arrow::Schema& schema,
                                  const Metadata& metadata, const std::vector<std::string>& more);

// `current`, raised to what the metadata uses and to what its delta.minReaderVersion,
// delta.minWriterVersion and delta.feature.NAME ask for.
Result<Protocol> RequestedProtocol(const Protocol& current, const arrow::Schema& schema,
                                   const Metadata& metadata);

// Takes the properties away that only ask for protocol versions and features; they are never
// stored.
void RemoveProtocolProperties(std::map<std::string, std::string>& configuration);

// Whether both turn on the same features in the same versions.
bool SameProtocol(const Protocol& left, const Protocol& right);

// CheckReadable, and kUnsupportedFeature for each feature of a writer that we do not keep. Features
// that bind writers only where the metadata uses them stop only there; rules that rows have to pass
// are CheckNoRowRules.
Status CheckWritable(const Protocol& protocol, const Metadata& metadata);

// kUnsupportedFeature naming each feature by which new rows must be checked or completed
// (constraints, invariants, generated and identity columns): for writers that do not do that.
Status CheckNoRowRules(const Protocol& protocol, const Metadata& metadata);

}  // namespace deltaport::delta
