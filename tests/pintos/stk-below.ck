begin
(stk-below) begin
read: exit(-1)
(stk-below) read ended with -1
write: exit(-1)
(stk-below) write ended with -1
near: exit(-1)
(stk-below) near ended with -1
(stk-below) end
stk-below: exit(0)
end
