ARGS=one  two   three
begin
(args-split) begin
(args-split) argv[0] = 'args-split'
(args-split) argv[1] = 'one'
(args-split) argv[2] = 'two'
(args-split) argv[3] = 'three'
(args-split) argv[argc] is null
(args-split) the stack is aligned
(args-split) end
args-split: exit(0)
end
