begin
(file-dup) begin
(file-dup) dup2 to an unused descriptor
(file-dup) one position
(file-dup) dup2 over an open one
(file-dup) dup2 onto itself
(file-dup) dup2 of a bad one changes nothing
(file-dup) dup2 to a bad one
(file-dup) closing one leaves the others
(file-dup) all closed
(file-dup) open "out" for verification
(file-dup) verified contents of "out"
(file-dup) close "out"
(file-dup) end
file-dup: exit(0)
end
