begin
(stk-limit) begin
recurse: exit(-1)
(stk-limit) recurse ended with -1
large: exit(0)
(stk-limit) large ended with 0
(stk-limit) end
stk-limit: exit(0)
end
