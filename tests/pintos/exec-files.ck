begin
(exec-files) begin
(child-files) the position
(child-files) read on
(child-files) still one position for both
(child-files) the directory
child-files: exit(0)
(exec-files) child-files ended with 0
(exec-files) the parent's position is its own
(exec-files) end
exec-files: exit(0)
end
