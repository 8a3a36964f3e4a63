-- What a Lua program asks of the system it runs on. All that is printed is the same wherever that works.
local function say(what, ...)
	print(what, ...)
end

-- Strings, tables, numbers.
local words = {}
for word in ("a quire is a gathering of pages"):gmatch("%a+") do words[#words + 1] = word end
table.sort(words)
say("words", table.concat(words, " "), #words)
say("format", ("%5.2f|%-8s|%08x|%q"):format(math.pi, "left", 48879, "a\n\"b\""))
say("replace", (("abc123def"):gsub("%d", function(d) return "<" .. d * 2 .. ">" end)))
say("pack", ("<i4 d s2"):unpack(("<i4 d s2"):pack(-7, 0.5, "text")))
say("utf8", utf8.char(0x41, 0xe9, 0x20ac), utf8.len("\u{20ac}uro"))
say("numbers", 7 // 2, -7 // 2, 7 % -3, 2 ^ 0.5, 1 << 62, math.maxinteger + 1 == math.mininteger, 1e308 * 10, 10 / 3)
say("bad", pcall(error, { code = 1 }) == false, (select(2, pcall(function() return nil + 1 end)):match("attempt.*")))
say("load", load("return ...", "chunk")(42), load("x x"))

-- Coroutines, one that feeds another; recursion, and its end.
local function numbers(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i) end end) end
local function squares(from) return coroutine.wrap(function() for i in from do coroutine.yield(i * i) end end) end
local sum = 0
for s in squares(numbers(1000)) do sum = sum + s end
say("coroutines", sum)
local function deep(n) return n == 0 and 0 or 1 + deep(n - 1) end
say("deep", deep(50000))
say("levels", (select(2, load("return " .. ("("):rep(300) .. "1" .. (")"):rep(300))):match("overflow")))

-- Files: text, bytes, positions, buffers, what is not there.
local name = "notes.txt"
local f = assert(io.open(name, "w"))
for i = 1, 1000 do f:write("line ", i, " ", i * i, "\n") end
say("written", f:seek("cur"), f:close())
local lines, last = 0, nil
for line in io.lines(name) do lines, last = lines + 1, line end
say("read", lines, last)
f = assert(io.open(name, "r+b"))
f:setvbuf("full", 100)
say("seek", f:seek("set", 7), f:read(6), f:seek("end"))
f:write("the end")
f:seek("set", 0)
say("numbers", f:read("l", 5, "n", "n", "L"))
f:close()
f = assert(io.open(name, "a"))
f:write("\nand more")
f:close()
say("append", #assert(io.open(name, "rb")):read("a"))
say("missing", io.open("not/there", "r"))
say("directory", pcall(function() return io.open(".", "r"):read(1) end))
local t = io.tmpfile()
t:write(("x"):rep(100000))
t:seek("set", 99999)
say("tmpfile", t:read(10), t:close())

-- Names.
say("rename", os.rename(name, "other.txt"), os.rename(name, "third.txt"))
say("remove", os.remove("other.txt"), os.remove("other.txt"))
local made = os.tmpname()
say("tmpname", made ~= nil, os.remove(made))

-- Other programs.
local p = io.popen("echo from a pipe; exit 3")
say("popen", p:read("a"), p:close())
p = io.popen("cat > piped.txt", "w")
for i = 1, 20000 do p:write(i, "\n") end
say("to a pipe", p:close())
p = io.popen("wc -l < piped.txt")
say("wc", tonumber(p:read("a")), p:close())
say("execute", os.execute(), os.execute("exit 7"))
say("signal", os.execute("kill -9 $$"))
os.remove("piped.txt")

-- Time and environment.
local before, clock = os.time(), os.clock()
say("time", before > 1600000000, os.time({ year = 2024, month = 2, day = 29, hour = 12 }) == 1709208000)
say("date", os.date("!%Y-%m-%d %H:%M:%S", 1709208000), os.date("!*t", 0).year)
while os.clock() - clock < 0.02 do sum = sum + 1 end
say("clock", os.clock() > clock, os.time() >= before, os.difftime(os.time(), before) < 600)
say("getenv", os.getenv("SESSION"), os.getenv("NOT_SET"))
say("locale", os.setlocale("C"), os.setlocale("xx_YY"))

-- Memory: some megabytes alive, many that are not; then nothing is left of them.
local kept, made_up = {}, 0
for round = 1, 40 do
	local list = {}
	for i = 1, 1500 do list[i] = { i, tostring(i * round) } end
	made_up = made_up + #list
	kept[round % 8 + 1] = list
end
say("kept", made_up, collectgarbage("count") > 1000)
local check = 0
for _, list in ipairs(kept) do
	for i, item in ipairs(list) do check = (check * 31 + #item[2] + item[1]) % 1000003 end
end
say("checked", check)
local big = {}
for i = 1, 8 do big[i] = (string.char(64 + i)):rep(1 << 18) end
local all = table.concat(big)
say("strings", #all, all:sub(-3), all:find("B", 1, true), all:byte(5 << 18))
local weak = setmetatable({ {}, {}, {} }, { __mode = "v" })
local closed = 0
do
	local c <close> = setmetatable({}, { __close = function() closed = closed + 1 end })
end
kept, big, all = nil, nil, nil
collectgarbage("generational")
collectgarbage()
collectgarbage("incremental")
collectgarbage()
say("collected", #weak, closed, collectgarbage("count") < 3000)

io.stderr:write("to standard error\n")
os.exit(5, true)
