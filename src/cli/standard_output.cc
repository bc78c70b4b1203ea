#include "cli/standard_output.h"

#include <cerrno>
#include <cstring>
#include <system_error>

#include <sys/ioctl.h>
#include <unistd.h>

namespace deltaport::cli {
namespace {

constexpr size_t kBufferBytes = 64 * 1024;
constexpr std::string_view kBrokenPipe = "standard output was closed by its reader";

class StandardOutput final : public arrow::io::OutputStream {
 public:
  StandardOutput() { buffer_.reserve(kBufferBytes); }

  Status Write(const void* data, int64_t size) override {
    const auto count = static_cast<size_t>(size);
    if (buffer_.size() + count > kBufferBytes) ARROW_RETURN_NOT_OK(Flush());
    position_ += size;
    if (count >= kBufferBytes) return WriteAll(static_cast<const char*>(data), count);
    buffer_.append(static_cast<const char*>(data), count);
    return Status::OK();
  }
  using arrow::io::OutputStream::Write;

  Status Flush() override {
    const Status status = WriteAll(buffer_.data(), buffer_.size());
    buffer_.clear();
    return status;
  }

  Status Close() override {
    closed_ = true;
    return Flush();
  }
  bool closed() const override { return closed_; }
  Result<int64_t> Tell() const override { return position_; }

 private:
  static Status WriteAll(const char* data, size_t size) {
    while (size > 0) {
      const ssize_t written = ::write(STDOUT_FILENO, data, size);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0 && errno == EPIPE) return Error(ErrorCode::kIo, "{}", kBrokenPipe);
      if (written < 0) {
        return Error(ErrorCode::kIo, "standard output cannot be written: {}",
                     std::generic_category().message(errno));
      }
      data += written;
      size -= static_cast<size_t>(written);
    }
    return Status::OK();
  }

  std::string buffer_;
  int64_t position_ = 0;
  bool closed_ = false;
};

}  // namespace

std::shared_ptr<arrow::io::OutputStream> OpenStandardOutput() {
  return std::make_shared<StandardOutput>();
}

bool IsBrokenPipe(const Status& status) { return status.message() == kBrokenPipe; }

bool IsTerminal(int descriptor) { return isatty(descriptor) == 1; }

int TerminalWidth(int descriptor) {
  winsize size{};
  if (!IsTerminal(descriptor) || ioctl(descriptor, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

}  // namespace deltaport::cli
