// Small objects that can be made again at any time: they are not worth waiting for the disk.

#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "storage/local_file.h"
#include "storage/object_store.h"

namespace deltaport::storage {

// As PutIfAbsent or Put of the store, but the object is lost, or empty, if the machine crashes soon
// after. Readers see all of it or none as long as the machine runs. kAlreadyExists as PutIfAbsent.
Status PutUnsynced(ObjectStore& store, const std::string& path, std::string_view bytes,
                   IfExists if_exists);

}  // namespace deltaport::storage
