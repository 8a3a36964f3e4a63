begin
(fork-once) begin
(fork-once) child
child: exit(81)
(fork-once) its status is 81
(fork-once) end
fork-once: exit(0)
end
