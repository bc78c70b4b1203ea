#include "lake/input/standard_input.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <unistd.h>

namespace deltaport::lake {
namespace {

constexpr size_t kHeadBytes = 4096;

Status WriteAll(int file, const char* bytes, size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(file, bytes, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      return Error(ErrorCode::kIo, "standard input cannot be copied to a temporary file: {}",
                   std::strerror(errno));
    }
    bytes += written;
    size -= static_cast<size_t>(written);
  }
  return Status::OK();
}

// Copies all of standard input; `head` gets its first bytes.
Status CopyTo(int file, std::string& head, const CancelToken& token) {
  std::array<char, 1 << 16> buffer;
  while (true) {
    ARROW_RETURN_NOT_OK(token.Check());
    const ssize_t read = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (read < 0 && errno == EINTR) continue;
    if (read < 0) {
      return Error(ErrorCode::kIo, "standard input cannot be read: {}", std::strerror(errno));
    }
    if (read == 0) return Status::OK();
    const auto size = static_cast<size_t>(read);
    if (head.size() < kHeadBytes) {
      head.append(buffer.data(), std::min(size, kHeadBytes - head.size()));
    }
    ARROW_RETURN_NOT_OK(WriteAll(file, buffer.data(), size));
  }
}

}  // namespace

Result<std::shared_ptr<const StandardInput>> StandardInput::Copy(const CancelToken& token) {
  std::error_code error;
  const auto folder = std::filesystem::temp_directory_path(error);
  if (error) {
    return Error(ErrorCode::kIo,
                 "standard input needs a folder for temporary files, and TMPDIR names none: {}",
                 error.message());
  }
  std::string path = folder / "deltaport-input-XXXXXX";
  const int file = ::mkstemp(path.data());
  if (file < 0) {
    return Error(ErrorCode::kIo, "no temporary file can be made as {}: {}", path,
                 std::strerror(errno));
  }
  std::shared_ptr<StandardInput> input(new StandardInput(path));
  const Status copied = CopyTo(file, input->head_, token);
  ::close(file);
  ARROW_RETURN_NOT_OK(copied);
  if (input->head_.empty()) {
    return Error(ErrorCode::kInvalidArgument, "standard input is empty");
  }
  return input;
}

StandardInput::~StandardInput() {
  std::error_code ignored;  // There is nobody to tell.
  std::filesystem::remove(path_, ignored);
}

}  // namespace deltaport::lake
