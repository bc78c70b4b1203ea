// Upper and lower case of ASCII letters, the only ones that names of settings, keywords and columns
// are compared without. Other bytes stay as they are.

#pragma once

#include <string>
#include <string_view>

namespace deltaport {

std::string LowerCase(std::string_view text);

bool EqualsIgnoringCase(std::string_view left, std::string_view right);

}  // namespace deltaport
