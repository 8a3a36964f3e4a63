begin
(stk-push) begin
at sp: exit(0)
(stk-push) at sp ended with 0
push: exit(0)
(stk-push) push ended with 0
further: exit(-1)
(stk-push) further ended with -1
(stk-push) end
stk-push: exit(0)
end
