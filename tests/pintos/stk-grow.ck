begin
(stk-grow) begin
(stk-grow) 200 calls down
(stk-grow) 1000 calls down
(stk-grow) end
stk-grow: exit(0)
end
