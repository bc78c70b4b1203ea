// What the OpenAPI document says about each route of the DataPress interface.

#pragma once

#include "ports/operations/openapi.h"

namespace deltaport::ports::datapress {

operations::RouteDescription DescribeListDatasets();
operations::RouteDescription DescribeGetSchema();
operations::RouteDescription DescribeGetStatus();
operations::RouteDescription DescribeQuery();
operations::RouteDescription DescribeStreamQuery();
operations::RouteDescription DescribeCount();
operations::RouteDescription DescribeReload();
operations::RouteDescription DescribeReloadAll();
operations::RouteDescription DescribeSql();

}  // namespace deltaport::ports::datapress
