MEM=8
SWAP=10
begin
(swap-iter) begin
(swap-iter) mmap
(swap-iter) round 0
(swap-iter) round 1
(swap-iter) round 2
(swap-iter) round 3
(swap-iter) end
swap-iter: exit(0)
end
