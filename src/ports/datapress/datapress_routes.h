// The routes of the DataPress interface, for the listener and for the OpenAPI document.

#pragma once

#include <memory>
#include <vector>

#include "lake/lake.h"
#include "ports/datapress/datapress_service.h"
#include "ports/wire/route_description.h"

namespace deltaport::ports::datapress {

// Each route under PREFIX/api/v1 and, because released clients use it, under PREFIX/api. The
// latter are not described. GET PREFIX/api/datasets answers with the bare list that those expect.
std::vector<wire::DescribedRoute> DatapressRoutes(std::shared_ptr<lake::Lake> lake,
                                                  const DatapressSettings& settings);

// Schemas that the descriptions refer to.
wire::SchemaComponents DatapressSchemas();

}  // namespace deltaport::ports::datapress
