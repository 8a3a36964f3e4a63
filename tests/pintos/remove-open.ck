begin
(remove-open) begin
(remove-open) remove an open file
(remove-open) its name is free
(remove-open) read it
(remove-open) write it
(remove-open) open "doomed" for verification
(remove-open) verified contents of "doomed"
(remove-open) close "doomed"
(remove-open) end
remove-open: exit(0)
end
