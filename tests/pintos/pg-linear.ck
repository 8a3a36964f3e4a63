MEM=8
SWAP=10
begin
(pg-linear) begin
(pg-linear) written
(pg-linear) changed
(pg-linear) read again
(pg-linear) end
pg-linear: exit(0)
end
