// Finds the route of a request: patterns of literal and {parameter} segments, compiled once.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "ports/wire/http_message.h"

namespace deltaport::ports::wire {

// Immutable after Make, so safe to use from several threads.
class Router {
 public:
  // kInvalidArgument for a pattern that does not start with '/', or a method and pattern given
  // twice.
  static Result<Router> Make(std::vector<Route> routes);

  // The route of `method` and `path` (percent-encoded, without query); null if there is none.
  // A literal segment goes before a parameter. `parameters` gets the encoded values, in order.
  const Route* Find(Method method, std::string_view path,
                    std::vector<std::string_view>& parameters) const;

 private:
  struct Node {
    std::vector<std::pair<std::string, int>> literals;
    int parameter = -1;  // Node after a {…} segment; -1: none.
    std::vector<std::pair<Method, int>> route_by_method;
  };

  Status Insert(int route_index);
  const Route* FindBelow(int node, Method method, std::string_view rest,
                         std::vector<std::string_view>& parameters) const;

  std::vector<Route> routes_;
  std::vector<Node> nodes_;
};

}  // namespace deltaport::ports::wire
