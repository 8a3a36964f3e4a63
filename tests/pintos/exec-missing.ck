begin
(exec-missing) begin
(exec-missing) a missing file
(exec-missing) with arguments
(exec-missing) no program
(exec-missing) an empty file
(exec-missing) a directory
(exec-missing) nothing
(exec-missing) end
exec-missing: exit(0)
end
