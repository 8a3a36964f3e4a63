MEM=8
SWAP=10
begin
(merge-seq) begin
child-sort: exit(80)
(merge-seq) child 0 is done
child-sort: exit(80)
(merge-seq) child 1 is done
child-sort: exit(80)
(merge-seq) child 2 is done
child-sort: exit(80)
(merge-seq) child 3 is done
child-sort: exit(80)
(merge-seq) child 4 is done
child-sort: exit(80)
(merge-seq) child 5 is done
child-sort: exit(80)
(merge-seq) child 6 is done
child-sort: exit(80)
(merge-seq) child 7 is done
(merge-seq) merged
(merge-seq) end
merge-seq: exit(0)
end
