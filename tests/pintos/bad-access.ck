begin
(bad-access) begin
(bad-access) null
load: exit(-1)
(bad-access) load ended with -1
store: exit(-1)
(bad-access) store ended with -1
jump: exit(-1)
(bad-access) jump ended with -1
(bad-access) near null
load: exit(-1)
(bad-access) load ended with -1
store: exit(-1)
(bad-access) store ended with -1
jump: exit(-1)
(bad-access) jump ended with -1
(bad-access) nothing there
load: exit(-1)
(bad-access) load ended with -1
store: exit(-1)
(bad-access) store ended with -1
jump: exit(-1)
(bad-access) jump ended with -1
(bad-access) the kernel
load: exit(-1)
(bad-access) load ended with -1
store: exit(-1)
(bad-access) store ended with -1
jump: exit(-1)
(bad-access) jump ended with -1
(bad-access) far up
load: exit(-1)
(bad-access) load ended with -1
store: exit(-1)
(bad-access) store ended with -1
jump: exit(-1)
(bad-access) jump ended with -1
(bad-access) code and constants are not written, data is not run
store: exit(-1)
(bad-access) store ended with -1
store: exit(-1)
(bad-access) store ended with -1
jump: exit(-1)
(bad-access) jump ended with -1
(bad-access) end
bad-access: exit(0)
end
