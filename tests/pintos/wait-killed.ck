IGNORE_EXIT_CODES
begin
(wait-killed) begin
(wait-killed) ten times
(wait-killed) parent ended with -1
(wait-killed) end
end
