#include "storage/unsynced_put.h"

#include "storage/local_store.h"

namespace deltaport::storage {

Status PutUnsynced(ObjectStore& store, const std::string& path, std::string_view bytes,
                   IfExists if_exists) {
  if (dynamic_cast<const LocalStore*>(&store) == nullptr) {
    return if_exists == IfExists::kFail ? store.PutIfAbsent(path, bytes) : store.Put(path, bytes);
  }
  ARROW_ASSIGN_OR_RAISE(auto file, PendingFile::Create(path, if_exists, Durability::kUnsynced));
  ARROW_RETURN_NOT_OK(file->Write(bytes.data(), static_cast<int64_t>(bytes.size())));
  return file->Close();
}

}  // namespace deltaport::storage
