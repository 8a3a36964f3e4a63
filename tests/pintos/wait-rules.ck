IGNORE_EXIT_CODES
begin
(wait-rules) begin
(wait-rules) the status
(wait-rules) only once
(wait-rules) in another order
(wait-rules) no child
(wait-rules) a child's child is the child's
(wait-rules) other statuses
(wait-rules) end
end
