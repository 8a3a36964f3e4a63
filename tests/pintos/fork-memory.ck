begin
(fork-memory) begin
child: exit(1)
(fork-memory) the child has its own
(fork-memory) end
fork-memory: exit(0)
end
