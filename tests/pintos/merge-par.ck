MEM=8
SWAP=10
IGNORE_EXIT_CODES
begin
(merge-par) begin
(merge-par) child 0 is done
(merge-par) child 1 is done
(merge-par) child 2 is done
(merge-par) child 3 is done
(merge-par) child 4 is done
(merge-par) child 5 is done
(merge-par) child 6 is done
(merge-par) child 7 is done
(merge-par) merged
(merge-par) end
end
