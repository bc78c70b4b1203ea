-- Posts one body again and again, and prints the result as JSON.
--
-- Arguments after `--`: BODY ACCEPT; or, for lookups of orders, "orders" COUNT ACCEPT: a new random
-- l_orderkey for each request. TPC-H uses the first eight of every 32 keys.

local requests = {}

local function order_key(order)
  return math.floor(order / 8) * 32 + order % 8
end

function init(arguments)
  local lookup = arguments[1] == "orders"
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["Accept"] = arguments[lookup and 3 or 2]
  if lookup then
    math.randomseed(42)
    for i = 1, 10000 do
      local key = order_key(math.random(1, tonumber(arguments[2])))
      requests[i] = wrk.format(nil, nil, nil,
        '{"predicates":[{"col":"l_orderkey","op":"eq","val":' .. string.format("%d", key) .. '}]}')
    end
  else
    requests[1] = wrk.format(nil, nil, nil, arguments[1])
  end
end

local next_request = 0

function request()
  next_request = next_request % #requests + 1
  return requests[next_request]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\nRESULT {"requests":%d,"seconds":%.6f,"median_ms":%.4f,"p99_ms":%.4f,' ..
    '"bytes":%.0f,"errors":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, summary.bytes,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
