#include "ports/datapress/reload_queue.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace deltaport::ports::datapress {

ReloadQueue::ReloadQueue(std::shared_ptr<lake::Lake> lake)
    : lake_(std::move(lake)), thread_([this] { Run(); }) {}

ReloadQueue::~ReloadQueue() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

bool ReloadQueue::Enqueue(const std::string& name) {
  {
    const std::lock_guard lock(mutex_);
    if (std::find(waiting_.begin(), waiting_.end(), name) != waiting_.end()) return false;
    waiting_.push_back(name);
  }
  changed_.notify_all();
  return true;
}

void ReloadQueue::Run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    const std::string name = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    const auto reloaded = lake_->Reload(name, lake::RefreshSource::kManual);
    if (!reloaded.ok()) {
      log::Error("a dataset could not be reloaded",
                 {{"dataset", name}, {"reason", reloaded.status().message()}});
    }
    lock.lock();
  }
}

}  // namespace deltaport::ports::datapress
