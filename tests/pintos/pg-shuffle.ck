MEM=8
SWAP=10
begin
(pg-shuffle) begin
(pg-shuffle) shuffled
(pg-shuffle) shuffled
(pg-shuffle) shuffled
(pg-shuffle) sorted
(pg-shuffle) end
pg-shuffle: exit(0)
end
