begin
(cow-many) begin
owner: exit(1)
owner: exit(2)
owner: exit(3)
owner: exit(4)
owner: exit(5)
owner: exit(6)
owner: exit(7)
owner: exit(8)
(cow-many) nine processes
(cow-many) end
cow-many: exit(0)
end
