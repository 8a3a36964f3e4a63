begin
(exec-once) begin
(child-plain) run
exec-once: exit(81)
end
