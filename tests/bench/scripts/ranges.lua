-- What wrk asks for: one range of the image after the other, each device in its turn.
local range_bytes = tonumber(os.getenv("RANGE_BYTES"))
local ranges = math.floor(tonumber(os.getenv("IMAGE_BYTES")) / range_bytes)
local tokens = {}
for token in os.getenv("TOKENS"):gmatch("%S+") do tokens[#tokens + 1] = token end

local requests, count, at = {}, ranges * #tokens, 0

init = function()
  for n = 0, count - 1 do
    local from = (n % ranges) * range_bytes
    requests[n] = wrk.format("GET", nil, {
      ["Authorization"] = "Bearer " .. tokens[n % #tokens + 1],
      ["Range"] = "bytes=" .. from .. "-" .. (from + range_bytes - 1),
    })
  end
end

request = function()
  at = (at + 1) % count
  return requests[at]
end
