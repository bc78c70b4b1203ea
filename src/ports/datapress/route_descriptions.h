// What the OpenAPI document says about each route of the DataPress interface.

#pragma once

#include "ports/wire/route_description.h"

namespace deltaport::ports::datapress {

wire::RouteDescription DescribeListDatasets();
wire::RouteDescription DescribeGetSchema();
wire::RouteDescription DescribeGetStatus();
wire::RouteDescription DescribeQuery();
wire::RouteDescription DescribeStreamQuery();
wire::RouteDescription DescribeCount();
wire::RouteDescription DescribeReload();
wire::RouteDescription DescribeReloadAll();
wire::RouteDescription DescribeSql();

}  // namespace deltaport::ports::datapress
