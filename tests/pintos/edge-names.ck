begin
(edge-names) begin
(edge-names) create
(edge-names) open
(edge-names) remove
(edge-names) open "sample.txt" for verification
(edge-names) verified contents of "sample.txt"
(edge-names) close "sample.txt"
edge-child: exit(7)
(edge-names) fork
(child-plain) run
exec: exit(81)
(edge-names) exec ended with 81
(edge-names) right before a hole
(edge-names) end
edge-names: exit(0)
end
