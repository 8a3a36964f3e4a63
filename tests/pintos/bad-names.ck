begin
(bad-names) begin
(bad-names) names at 0
create: exit(-1)
(bad-names) create ended with -1
open: exit(-1)
(bad-names) open ended with -1
remove: exit(-1)
(bad-names) remove ended with -1
exec: exit(-1)
(bad-names) exec ended with -1
fork: exit(-1)
(bad-names) fork ended with -1
mkdir: exit(-1)
(bad-names) mkdir ended with -1
chdir: exit(-1)
(bad-names) chdir ended with -1
symlink: exit(-1)
(bad-names) symlink ended with -1
linkpath: exit(-1)
(bad-names) linkpath ended with -1
(bad-names) names at 0x20101234
create: exit(-1)
(bad-names) create ended with -1
open: exit(-1)
(bad-names) open ended with -1
remove: exit(-1)
(bad-names) remove ended with -1
exec: exit(-1)
(bad-names) exec ended with -1
fork: exit(-1)
(bad-names) fork ended with -1
mkdir: exit(-1)
(bad-names) mkdir ended with -1
chdir: exit(-1)
(bad-names) chdir ended with -1
symlink: exit(-1)
(bad-names) symlink ended with -1
linkpath: exit(-1)
(bad-names) linkpath ended with -1
(bad-names) names at 0x8004000000
create: exit(-1)
(bad-names) create ended with -1
open: exit(-1)
(bad-names) open ended with -1
remove: exit(-1)
(bad-names) remove ended with -1
exec: exit(-1)
(bad-names) exec ended with -1
fork: exit(-1)
(bad-names) fork ended with -1
mkdir: exit(-1)
(bad-names) mkdir ended with -1
chdir: exit(-1)
(bad-names) chdir ended with -1
symlink: exit(-1)
(bad-names) symlink ended with -1
linkpath: exit(-1)
(bad-names) linkpath ended with -1
(bad-names) names at 0xffffffffffffffff
create: exit(-1)
(bad-names) create ended with -1
open: exit(-1)
(bad-names) open ended with -1
remove: exit(-1)
(bad-names) remove ended with -1
exec: exit(-1)
(bad-names) exec ended with -1
fork: exit(-1)
(bad-names) fork ended with -1
mkdir: exit(-1)
(bad-names) mkdir ended with -1
chdir: exit(-1)
(bad-names) chdir ended with -1
symlink: exit(-1)
(bad-names) symlink ended with -1
linkpath: exit(-1)
(bad-names) linkpath ended with -1
(bad-names) names at 0x10000ffd
create: exit(-1)
(bad-names) create ended with -1
open: exit(-1)
(bad-names) open ended with -1
remove: exit(-1)
(bad-names) remove ended with -1
exec: exit(-1)
(bad-names) exec ended with -1
fork: exit(-1)
(bad-names) fork ended with -1
mkdir: exit(-1)
(bad-names) mkdir ended with -1
chdir: exit(-1)
(bad-names) chdir ended with -1
symlink: exit(-1)
(bad-names) symlink ended with -1
linkpath: exit(-1)
(bad-names) linkpath ended with -1
(bad-names) end
bad-names: exit(0)
end
