#include "storage/uuid.h"

#include <array>
#include <cstdint>
#include <cstdlib>

#include <sys/random.h>

namespace deltaport::storage {

std::string RandomUuid() {
  std::array<uint8_t, 16> bytes;
  // Sixteen bytes are never cut short; without the kernel's source no name would be unique.
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) std::abort();
  bytes[6] = static_cast<uint8_t>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<uint8_t>((bytes[8] & 0x3f) | 0x80);
  constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kHex[bytes[i] >> 4];
    text += kHex[bytes[i] & 15];
  }
  return text;
}

}  // namespace deltaport::storage
