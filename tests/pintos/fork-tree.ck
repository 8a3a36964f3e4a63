IGNORE_EXIT_CODES
begin
(fork-tree) begin
(fork-tree) a tree of 63
(fork-tree) end
end
