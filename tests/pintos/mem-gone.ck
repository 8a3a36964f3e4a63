MEM=10
SWAP=8
QUIRE_ONLY=there is no end to the memory of Linux within reach
begin
(mem-gone) begin
eater: exit(-1)
(mem-gone) eater ended with -1
eater: exit(-1)
(mem-gone) eater ended with -1
eater: exit(-1)
(mem-gone) eater ended with -1
(mem-gone) end
mem-gone: exit(0)
end
