-- What wrk asks for: one range of the image after the other. A connection belongs to one device, so each
-- thread, with connections of its own, asks for one.
local range_bytes = tonumber(os.getenv("RANGE_BYTES"))
local ranges = math.floor(tonumber(os.getenv("IMAGE_BYTES")) / range_bytes)
local tokens = {}
for token in os.getenv("TOKENS"):gmatch("%S+") do tokens[#tokens + 1] = token end

local threads = 0

function setup(thread)
  thread:set("token", tokens[threads % #tokens + 1])
  threads = threads + 1
end

local requests, at = {}, 0

init = function()
  for n = 0, ranges - 1 do
    local from = n * range_bytes
    requests[n] = wrk.format("GET", nil, {
      ["Authorization"] = "Bearer " .. token,
      ["Range"] = "bytes=" .. from .. "-" .. (from + range_bytes - 1),
    })
  end
end

request = function()
  at = (at + 1) % ranges
  return requests[at]
end
