MEM=10
SWAP=30
IGNORE_EXIT_CODES
begin
(fork-pressure) begin
(fork-pressure) round 0
(fork-pressure) round 1
(fork-pressure) round 2
(fork-pressure) end
end
