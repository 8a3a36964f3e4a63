begin
(stk-kernel) begin
(stk-kernel) read onto the stack
(stk-kernel) write from the stack
(stk-kernel) open "out" for verification
(stk-kernel) verified contents of "out"
(stk-kernel) close "out"
(stk-kernel) end
stk-kernel: exit(0)
end
