MEM=20
SWAP=20
IGNORE_EXIT_CODES
begin
(forks-60) begin
(forks-60) sixty children
(forks-60) end
end
