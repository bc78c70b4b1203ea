#include "ports/wire/router.h"

#include <utility>

namespace deltaport::ports::wire {
namespace {

// Splits "/a/b" into "a" and "/b"; `rest` must start with '/'.
std::string_view TakeSegment(std::string_view& rest) {
  const size_t end = rest.find('/', 1);
  const std::string_view segment =
      rest.substr(1, end == std::string_view::npos ? std::string_view::npos : end - 1);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end);
  return segment;
}

bool IsParameter(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

}  // namespace

Result<Router> Router::Make(std::vector<Route> routes) {
  Router router;
  router.routes_ = std::move(routes);
  router.nodes_.emplace_back();
  for (size_t i = 0; i < router.routes_.size(); ++i) {
    ARROW_RETURN_NOT_OK(router.Insert(static_cast<int>(i)));
  }
  return router;
}

Status Router::Insert(int route_index) {
  const Route& route = routes_[route_index];
  std::string_view rest = route.pattern;
  if (!rest.starts_with('/')) {
    return Error(ErrorCode::kInvalidArgument, "route '{}' must start with '/'", route.pattern);
  }
  int node = 0;
  while (!rest.empty()) {
    const std::string_view segment = TakeSegment(rest);
    int next = -1;
    if (IsParameter(segment)) {
      next = nodes_[node].parameter;
    } else {
      for (const auto& [literal, child] : nodes_[node].literals) {
        if (literal == segment) next = child;
      }
    }
    if (next < 0) {
      next = static_cast<int>(nodes_.size());
      nodes_.emplace_back();
      if (IsParameter(segment)) {
        nodes_[node].parameter = next;
      } else {
        nodes_[node].literals.emplace_back(segment, next);
      }
    }
    node = next;
  }
  for (const auto& [method, index] : nodes_[node].route_by_method) {
    if (method == route.method) {
      return Error(ErrorCode::kInvalidArgument, "route {} '{}' is given twice", MethodName(method),
                   route.pattern);
    }
  }
  nodes_[node].route_by_method.emplace_back(route.method, route_index);
  return Status::OK();
}

const Route* Router::Find(Method method, std::string_view path,
                          std::vector<std::string_view>& parameters) const {
  parameters.clear();
  if (!path.starts_with('/')) return nullptr;
  return FindBelow(0, method, path, parameters);
}

// Recursion ends with the pattern: it is never deeper than the longest one.
const Route* Router::FindBelow(int node_index, Method method, std::string_view rest,
                               std::vector<std::string_view>& parameters) const {
  const Node& node = nodes_[node_index];
  if (rest.empty()) {
    for (const auto& [node_method, index] : node.route_by_method) {
      if (node_method == method) return &routes_[index];
    }
    return nullptr;
  }
  const std::string_view segment = TakeSegment(rest);
  for (const auto& [literal, child] : node.literals) {
    if (literal != segment) continue;
    if (const Route* route = FindBelow(child, method, rest, parameters)) return route;
  }
  if (node.parameter < 0 || segment.empty()) return nullptr;
  parameters.push_back(segment);
  if (const Route* route = FindBelow(node.parameter, method, rest, parameters)) return route;
  parameters.pop_back();
  return nullptr;
}

}  // namespace deltaport::ports::wire
