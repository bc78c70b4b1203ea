// Creation of one local file: temporary name, sync, atomic rename, sync of the directory.

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <arrow/io/interfaces.h>

#include "base/error.h"

namespace deltaport::storage {

// "PATH: what: No such file or directory", with the code that the number stands for.
Status ErrnoError(int number, std::string_view what, const std::string& path);

// What happens if the final name is taken.
enum class IfExists { kFail, kReplace };

// What outlives a crash of the machine. A crash of the process takes nothing that has its name.
enum class Durability {
  kSynced,    // The file, from the return of Close() on.
  kUnsynced,  // Maybe nothing, and the file may come back empty: for what can be made again.
};

// A file under a temporary name beside `path`. Destroying it before Commit() removes it.
class PendingFile final : public arrow::io::OutputStream {
 public:
  // Creates missing parents.
  static Result<std::shared_ptr<PendingFile>> Create(const std::string& path, IfExists if_exists,
                                                     Durability durability = Durability::kSynced);
  ~PendingFile() override;

  // Syncs (if asked) and gives the file its name; kAlreadyExists (and nothing changed) if it is
  // taken and if_exists is kFail.
  Status Close() override;
  Status Abort() override;
  bool closed() const override { return descriptor_ < 0; }
  Result<int64_t> Tell() const override { return position_; }
  Status Write(const void* data, int64_t size_bytes) override;
  using arrow::io::OutputStream::Write;

 private:
  PendingFile(std::string path, std::string temporary, IfExists if_exists, Durability durability,
              int descriptor);
  Status Rename() const;

  std::string path_;
  std::string temporary_;
  IfExists if_exists_;
  Durability durability_;
  int descriptor_;
  int64_t position_ = 0;
  int64_t flushed_ = 0;  // Up to here the disk is busy with it.
};

}  // namespace deltaport::storage
