// Standard input as a file, so that it can be read twice and from any place.

#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/cancel_token.h"
#include "base/error.h"

namespace deltaport::lake {

class StandardInput {
 public:
  // Copies everything to a file in the system's folder for temporary files, which goes with the
  // object. kInvalidArgument if there is nothing.
  static Result<std::shared_ptr<const StandardInput>> Copy(const CancelToken& token);
  ~StandardInput();
  StandardInput(const StandardInput&) = delete;
  StandardInput& operator=(const StandardInput&) = delete;

  const std::string& path() const { return path_; }
  // The first bytes, up to 4 kB.
  const std::string& head() const { return head_; }

 private:
  explicit StandardInput(std::string path) : path_(std::move(path)) {}

  const std::string path_;
  std::string head_;
};

}  // namespace deltaport::lake
