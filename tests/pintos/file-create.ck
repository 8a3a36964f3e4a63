begin
(file-create) begin
(file-create) create with a size
(file-create) open "new.dat" for verification
(file-create) verified contents of "new.dat"
(file-create) close "new.dat"
(file-create) a second time fails
(file-create) no name fails
(file-create) 14 characters are a name
(file-create) 15 are too long
(file-create) 511 are too long
(file-create) a missing directory fails
(file-create) the file is as it was
(file-create) end
file-create: exit(0)
end
