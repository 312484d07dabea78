-- Posts the bodies of a file in turn, one to a line, and ends with what came of it as a line of JSON.
-- A line may begin with the path to post to; without one, it is the command's.
-- With a second argument, each request has an Idempotency-Key of its own that begins with it, or,
-- with a third one, with chance.

local requests, turn, keys, sent, scattered = {}, 0, nil, 0, false

function init(args)
  for line in io.lines(args[1]) do
    local path, body = line:match("^(/%S+) (.*)$")
    if args[2] then wrk.headers["Idempotency-Key"] = "$KEY" end
    requests[#requests + 1] = wrk.format("POST", path, nil, body or line)
  end
  keys, scattered = args[2], args[3] ~= nil
  math.randomseed(os.time())
end

function request()
  turn = turn % #requests + 1
  if not keys then return requests[turn] end
  sent = sent + 1
  local key = keys .. sent
  if scattered then key = string.format("%07x", math.random(0, 0xfffffff)) .. key end
  return (requests[turn]:gsub("$KEY", key, 1))
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
