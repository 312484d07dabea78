-- Posts the bodies of a file in turn, one to a line, and ends with what came of it as a line of JSON.
-- A line may begin with the path to post to; without one, it is the command's.
-- With a second argument, each request has an Idempotency-Key of its own that begins with it.

local requests, turn, keys, sent = {}, 0, nil, 0

function init(args)
  for line in io.lines(args[1]) do
    local path, body = line:match("^(/%S+) (.*)$")
    if args[2] then wrk.headers["Idempotency-Key"] = "$KEY" end
    requests[#requests + 1] = wrk.format("POST", path, nil, body or line)
  end
  keys = args[2]
end

function request()
  turn = turn % #requests + 1
  if not keys then return requests[turn] end
  sent = sent + 1
  return (requests[turn]:gsub("$KEY", keys .. sent, 1))
end

function done(summary, latency)
  local lost = summary.errors
  io.write(string.format(
    '{"answered":%d,"seconds":%f,"p50_ms":%f,"p99_ms":%f,"not_2xx":%d,"socket_errors":%d}\n',
    summary.requests, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    lost.status, lost.connect + lost.read + lost.write + lost.timeout
  ))
end
