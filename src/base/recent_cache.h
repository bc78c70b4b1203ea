// Immutable values by key, kept as long as their cost fits: those that were not used for the
// longest time go first. Safe for concurrent use.

#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace deltaport {

template <typename Value>
class RecentCache {
 public:
  // In the unit of the costs: bytes, or entries that cost 1 each.
  explicit RecentCache(int64_t cost_max) : cost_max_(cost_max) {}

  // Null if it is not kept.
  std::shared_ptr<Value> Find(const std::string& key) {
    const std::lock_guard guard(lock_);
    const auto found = entries_.find(key);
    if (found == entries_.end()) return nullptr;
    ages_.splice(ages_.begin(), ages_, found->second.age);
    return found->second.value;
  }

  // A value that costs more than all of the cache may is not kept, nor is a second one of a key.
  void Keep(const std::string& key, std::shared_ptr<Value> value, int64_t cost) {
    if (cost > cost_max_) return;
    std::list<std::shared_ptr<Value>> dropped;  // Freed outside of the lock.
    const std::lock_guard guard(lock_);
    if (entries_.contains(key)) return;
    while (cost_ + cost > cost_max_) {
      const auto oldest = entries_.find(ages_.back());
      cost_ -= oldest->second.cost;
      dropped.push_back(std::move(oldest->second.value));
      entries_.erase(oldest);
      ages_.pop_back();
    }
    ages_.push_front(key);
    entries_[key] = {std::move(value), cost, ages_.begin()};
    cost_ += cost;
  }

  // Of all that is kept.
  int64_t cost() const {
    const std::lock_guard guard(lock_);
    return cost_;
  }

 private:
  struct Entry {
    std::shared_ptr<Value> value;
    int64_t cost = 0;
    std::list<std::string>::iterator age;
  };

  const int64_t cost_max_;
  mutable std::mutex lock_;
  std::unordered_map<std::string, Entry> entries_;
  std::list<std::string> ages_;  // Keys, the latest use first.
  int64_t cost_ = 0;
};

}  // namespace deltaport
