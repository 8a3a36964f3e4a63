begin
(mm-exit) begin
well: exit(0)
(mm-exit) well ended with 0
badly: exit(-1)
(mm-exit) badly ended with -1
(child-plain) run
exec: exit(81)
(mm-exit) exec ended with 81
(mm-exit) end
mm-exit: exit(0)
end
