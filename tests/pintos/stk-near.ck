begin
(stk-near) begin
(stk-near) open "sample.txt" for verification
(stk-near) verified contents of "sample.txt"
(stk-near) close "sample.txt"
stk-near: exit(-1)
end
