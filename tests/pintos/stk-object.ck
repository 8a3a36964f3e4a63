begin
(stk-object) begin
(stk-object) filled
(stk-object) end
stk-object: exit(0)
end
