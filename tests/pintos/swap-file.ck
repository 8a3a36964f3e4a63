MEM=8
SWAP=4
begin
(swap-file) begin
(swap-file) create
(swap-file) mmap
(swap-file) written
(swap-file) read
(swap-file) mmap again
(swap-file) end
swap-file: exit(0)
end
