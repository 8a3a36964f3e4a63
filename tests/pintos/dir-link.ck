begin
(dir-link) begin
(dir-link) symlink
(dir-link) open "link" for verification
(dir-link) verified contents of "link"
(dir-link) close "link"
(dir-link) the name is taken
(dir-link) create through a link
(dir-link) it is there
(dir-link) a link leads on from where it is
(dir-link) open "d/up" for verification
(dir-link) verified contents of "d/up"
(dir-link) close "d/up"
(dir-link) a link to nothing
(dir-link) a circle
(dir-link) remove takes the link only
(dir-link) end
dir-link: exit(0)
end
