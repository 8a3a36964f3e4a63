ARGS=14
begin
(deep-recurse) begin 14
(deep-recurse) begin 13
(deep-recurse) begin 12
(deep-recurse) begin 11
(deep-recurse) begin 10
(deep-recurse) begin 9
(deep-recurse) begin 8
(deep-recurse) begin 7
(deep-recurse) begin 6
(deep-recurse) begin 5
(deep-recurse) begin 4
(deep-recurse) begin 3
(deep-recurse) begin 2
(deep-recurse) begin 1
(deep-recurse) begin 0
deep-recurse 0: exit(0)
(deep-recurse) 1 waited
deep-recurse 1: exit(1)
(deep-recurse) 2 waited
deep-recurse 2: exit(2)
(deep-recurse) 3 waited
deep-recurse 3: exit(3)
(deep-recurse) 4 waited
deep-recurse 4: exit(4)
(deep-recurse) 5 waited
deep-recurse 5: exit(5)
(deep-recurse) 6 waited
deep-recurse 6: exit(6)
(deep-recurse) 7 waited
deep-recurse 7: exit(7)
(deep-recurse) 8 waited
deep-recurse 8: exit(8)
(deep-recurse) 9 waited
deep-recurse 9: exit(9)
(deep-recurse) 10 waited
deep-recurse 10: exit(10)
(deep-recurse) 11 waited
deep-recurse 11: exit(11)
(deep-recurse) 12 waited
deep-recurse 12: exit(12)
(deep-recurse) 13 waited
deep-recurse 13: exit(13)
(deep-recurse) 14 waited
deep-recurse: exit(14)
end
