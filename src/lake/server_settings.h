// Every key of the configuration outside of [[dataset]], in the order in which they are printed.

#pragma once

#include <span>
#include <string_view>

#include "base/setting.h"

namespace deltaport::lake {

std::span<const Setting> ServerSettings();

// Sections whose keys DataPress chooses freely; taken whole and reported as not supported.
std::span<const std::string_view> OpenSections();

// Keys of one [[dataset]] entry, all beginning with "dataset.".
std::span<const Setting> DatasetEntrySettings();

}  // namespace deltaport::lake
