begin
(mm-bad) begin
(mm-bad) address 0
(mm-bad) an address inside a page
(mm-bad) length 0
(mm-bad) a length that wraps
(mm-bad) an offset inside a page
(mm-bad) an offset before the file
(mm-bad) the console
(mm-bad) bad descriptors
(mm-bad) an empty file
(mm-bad) a directory
(mm-bad) the kernel
(mm-bad) into the kernel
(mm-bad) a closed file
touch: exit(-1)
(mm-bad) touch ended with -1
(mm-bad) end
mm-bad: exit(0)
end
