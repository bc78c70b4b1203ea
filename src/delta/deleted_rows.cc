#include "delta/deleted_rows.h"

#include <bit>
#include <cstring>
#include <new>
#include <vector>

#include <roaring.h>

namespace deltaport::delta {

using namespace roaring::api;  // NOLINT(google-build-using-namespace): the names have a prefix.

struct DeletedRows::Bitmap {
  // Takes over `bits`.
  explicit Bitmap(roaring64_bitmap_t* bits) : bits(bits) {
    if (bits == nullptr) throw std::bad_alloc();
  }
  ~Bitmap() { roaring64_bitmap_free(bits); }
  Bitmap(const Bitmap&) = delete;
  Bitmap& operator=(const Bitmap&) = delete;

  roaring64_bitmap_t* bits;
};

namespace {

static_assert(std::endian::native == std::endian::little, "the layout is read as it lies");

constexpr uint32_t kPortableMagic = 1681511377;
constexpr uint32_t kNativeMagic = 1681511376;

Status Malformed(std::string_view what) {
  return Error(ErrorCode::kCorruptTable, "its bitmap is malformed: {}", what);
}

template <typename Integer>
void AppendInteger(Integer value, std::string& bytes) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

// Takes an integer off the front of `bytes`.
template <typename Integer>
Result<Integer> TakeInteger(std::string_view& bytes) {
  Integer value;
  if (bytes.size() < sizeof(value)) return Malformed("it ends early");
  std::memcpy(&value, bytes.data(), sizeof(value));
  bytes.remove_prefix(sizeof(value));
  return value;
}

// The native layout (count; length and 32-bit bitmap for each key from 0 on) as the portable one
// (count; key and 32-bit bitmap each).
Result<std::string> PortableFromNative(std::string_view bytes) {
  ARROW_ASSIGN_OR_RAISE(const auto count, TakeInteger<uint32_t>(bytes));
  std::string portable;
  AppendInteger(uint64_t{count}, portable);
  for (uint32_t key = 0; key < count; ++key) {
    ARROW_ASSIGN_OR_RAISE(const auto length, TakeInteger<uint32_t>(bytes));
    if (length > bytes.size()) return Malformed("it ends early");
    const std::string_view bitmap = bytes.substr(0, length);
    if (roaring_bitmap_portable_deserialize_size(bitmap.data(), length) != length) {
      return Malformed("a part does not have its length");
    }
    AppendInteger(key, portable);
    portable += bitmap;
    bytes.remove_prefix(length);
  }
  if (!bytes.empty()) return Malformed("there are bytes after its end");
  return portable;
}

}  // namespace

DeletedRows::DeletedRows() : DeletedRows(std::make_unique<Bitmap>(roaring64_bitmap_create())) {}
DeletedRows::DeletedRows(std::unique_ptr<Bitmap> bitmap) : bitmap_(std::move(bitmap)) {}
DeletedRows::~DeletedRows() = default;
DeletedRows::DeletedRows(DeletedRows&& other) noexcept = default;
DeletedRows& DeletedRows::operator=(DeletedRows&& other) noexcept = default;

DeletedRows::DeletedRows(const DeletedRows& other)
    : DeletedRows(std::make_unique<Bitmap>(roaring64_bitmap_copy(other.bitmap_->bits))) {}

DeletedRows& DeletedRows::operator=(const DeletedRows& other) { return *this = DeletedRows(other); }

Result<DeletedRows> DeletedRows::Parse(std::string_view bytes) {
  ARROW_ASSIGN_OR_RAISE(const auto magic, TakeInteger<uint32_t>(bytes));
  std::string converted;
  if (magic == kNativeMagic) {
    ARROW_ASSIGN_OR_RAISE(converted, PortableFromNative(bytes));
    bytes = converted;
  } else if (magic != kPortableMagic) {
    return Malformed(fmt::format("magic number {}", magic));
  }
  if (roaring64_bitmap_portable_deserialize_size(bytes.data(), bytes.size()) != bytes.size()) {
    return Malformed("it does not have its length");
  }
  auto* bits = roaring64_bitmap_portable_deserialize_safe(bytes.data(), bytes.size());
  if (bits == nullptr) return Malformed("it cannot be read");
  DeletedRows rows(std::make_unique<Bitmap>(bits));
  const char* reason = nullptr;
  if (!roaring64_bitmap_internal_validate(bits, &reason)) {
    return Malformed(reason == nullptr ? "it contradicts itself" : reason);
  }
  if (!rows.empty() && roaring64_bitmap_maximum(bits) > uint64_t{INT64_MAX}) {
    return Malformed("a row number has more than 63 bits");
  }
  return rows;
}

std::string DeletedRows::Serialize() const {
  // Runs make it small, but finding them changes a bitmap.
  const Bitmap copy(roaring64_bitmap_copy(bitmap_->bits));
  roaring64_bitmap_run_optimize(copy.bits);
  std::string bytes;
  AppendInteger(kPortableMagic, bytes);
  bytes.resize(bytes.size() + roaring64_bitmap_portable_size_in_bytes(copy.bits));
  roaring64_bitmap_portable_serialize(copy.bits, bytes.data() + sizeof(kPortableMagic));
  return bytes;
}

void DeletedRows::Add(int64_t row) {
  roaring64_bitmap_add(bitmap_->bits, static_cast<uint64_t>(row));
}

void DeletedRows::Add(std::span<const int64_t> rows) {
  roaring64_bitmap_add_many(bitmap_->bits, rows.size(),
                            reinterpret_cast<const uint64_t*>(rows.data()));
}

void DeletedRows::AddRange(int64_t first, int64_t end) {
  roaring64_bitmap_add_range(bitmap_->bits, static_cast<uint64_t>(first),
                             static_cast<uint64_t>(end));
}

void DeletedRows::Union(const DeletedRows& other) {
  roaring64_bitmap_or_inplace(bitmap_->bits, other.bitmap_->bits);
}

bool DeletedRows::Contains(int64_t row) const {
  return roaring64_bitmap_contains(bitmap_->bits, static_cast<uint64_t>(row));
}

bool DeletedRows::empty() const { return roaring64_bitmap_is_empty(bitmap_->bits); }

int64_t DeletedRows::cardinality() const {
  return static_cast<int64_t>(roaring64_bitmap_get_cardinality(bitmap_->bits));
}

int64_t DeletedRows::CountIn(int64_t first, int64_t end) const {
  return static_cast<int64_t>(roaring64_bitmap_range_cardinality(
      bitmap_->bits, static_cast<uint64_t>(first), static_cast<uint64_t>(end)));
}

int64_t DeletedRows::Last() const {
  return static_cast<int64_t>(roaring64_bitmap_maximum(bitmap_->bits));
}

size_t DeletedRows::RowsFrom(int64_t first, std::span<int64_t> rows) const {
  const std::unique_ptr<roaring64_iterator_t, decltype(&roaring64_iterator_free)> iterator(
      roaring64_iterator_create(bitmap_->bits), &roaring64_iterator_free);
  if (iterator == nullptr) throw std::bad_alloc();
  if (!roaring64_iterator_move_equalorlarger(iterator.get(), static_cast<uint64_t>(first))) {
    return 0;
  }
  return roaring64_iterator_read(iterator.get(), reinterpret_cast<uint64_t*>(rows.data()),
                                 rows.size());
}

int64_t DeletedRows::memory_bytes() const {
  // The index above the containers takes about this much for each.
  constexpr uint64_t kContainerOverheadBytes = 64;
  roaring64_statistics_t statistics;
  roaring64_bitmap_statistics(bitmap_->bits, &statistics);
  return static_cast<int64_t>(statistics.n_bytes_array_containers +
                              statistics.n_bytes_run_containers +
                              statistics.n_bytes_bitset_containers +
                              statistics.n_containers * kContainerOverheadBytes + sizeof(*this));
}

bool DeletedRows::operator==(const DeletedRows& other) const {
  return roaring64_bitmap_equals(bitmap_->bits, other.bitmap_->bits);
}

}  // namespace deltaport::delta
