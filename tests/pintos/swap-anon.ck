MEM=10
SWAP=30
begin
(swap-anon) begin
(swap-anon) written
(swap-anon) read in order
(swap-anon) read in no order
(swap-anon) end
swap-anon: exit(0)
end
