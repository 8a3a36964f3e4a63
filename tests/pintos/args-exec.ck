begin
(args-exec) begin
(child-args) argv[0] = 'child-args'
(child-args) argv[1] = 'one'
(child-args) argv[2] = 'two'
(child-args) argv[3] = 'three'
few: exit(4)
(args-exec) few ended with 4
(child-args) argv[0] = 'child-args'
(child-args) argv[41] = 'aa'
(child-args) argv[42] = 'bb'
(child-args) argv[43] = 'cc'
(child-args) argv[44] = 'dd'
(child-args) argv[45] = 'ee'
(child-args) argv[46] = 'ff'
(child-args) argv[47] = 'gg'
(child-args) argv[48] = 'hh'
(child-args) argv[49] = 'ii'
many: exit(50)
(args-exec) many ended with 50
(args-exec) end
args-exec: exit(0)
end
