MEM=8
SWAP=10
IGNORE_EXIT_CODES
begin
(merge-mm) begin
(merge-mm) child 0 is done
(merge-mm) child 1 is done
(merge-mm) child 2 is done
(merge-mm) child 3 is done
(merge-mm) child 4 is done
(merge-mm) child 5 is done
(merge-mm) child 6 is done
(merge-mm) child 7 is done
(merge-mm) merged
(merge-mm) end
end
