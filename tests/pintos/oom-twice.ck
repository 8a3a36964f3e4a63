MEM=20
SWAP=4
IGNORE_EXIT_CODES
begin
(oom-twice) begin
(oom-twice) as deep each time
(oom-twice) end
end
