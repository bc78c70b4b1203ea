// Reloads datasets one after another in the background.

#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "lake/lake.h"

namespace deltaport::ports::datapress {

// Thread-safe. Destroying the queue waits for the reload that is running and drops the others.
class ReloadQueue {
 public:
  explicit ReloadQueue(std::shared_ptr<lake::Lake> lake);
  ~ReloadQueue();

  // False if the dataset waits for its turn already. A failed reload is logged, and shown in the
  // dataset's status.
  bool Enqueue(const std::string& name);

 private:
  void Run();

  std::shared_ptr<lake::Lake> lake_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> waiting_;
  bool stopping_ = false;
  std::thread thread_;  // Last: uses all of the above.
};

}  // namespace deltaport::ports::datapress
