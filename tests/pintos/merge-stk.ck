MEM=8
SWAP=10
IGNORE_EXIT_CODES
begin
(merge-stk) begin
(merge-stk) child 0 is done
(merge-stk) child 1 is done
(merge-stk) child 2 is done
(merge-stk) child 3 is done
(merge-stk) child 4 is done
(merge-stk) child 5 is done
(merge-stk) child 6 is done
(merge-stk) child 7 is done
(merge-stk) merged
(merge-stk) end
end
