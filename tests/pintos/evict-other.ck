MEM=10
SWAP=20
begin
(evict-other) begin
eater: exit(0)
(evict-other) eater ended with 0
owner: exit(0)
(evict-other) owner ended with 0
(evict-other) the last write is in the file
(evict-other) mmap it
(evict-other) end
evict-other: exit(0)
end
