begin
(bad-buffers) begin
(bad-buffers) null
read: exit(-1)
(bad-buffers) read ended with -1
write: exit(-1)
(bad-buffers) write ended with -1
(bad-buffers) nothing there
read: exit(-1)
(bad-buffers) read ended with -1
write: exit(-1)
(bad-buffers) write ended with -1
(bad-buffers) the kernel
read: exit(-1)
(bad-buffers) read ended with -1
write: exit(-1)
(bad-buffers) write ended with -1
print: exit(-1)
(bad-buffers) print ended with -1
(bad-buffers) the last addresses
read: exit(-1)
(bad-buffers) read ended with -1
write: exit(-1)
(bad-buffers) write ended with -1
(bad-buffers) over the last address
read: exit(-1)
(bad-buffers) read ended with -1
write: exit(-1)
(bad-buffers) write ended with -1
(bad-buffers) into a hole
read: exit(-1)
(bad-buffers) read ended with -1
write: exit(-1)
(bad-buffers) write ended with -1
(bad-buffers) up to a hole and one more
read: exit(-1)
(bad-buffers) read ended with -1
write: exit(-1)
(bad-buffers) write ended with -1
(bad-buffers) read-only
read: exit(-1)
(bad-buffers) read ended with -1
read: exit(-1)
(bad-buffers) read ended with -1
(bad-buffers) nothing wanted, nothing touched
read: exit(0)
(bad-buffers) read ended with 0
(bad-buffers) end
bad-buffers: exit(0)
end
