# Disks with ext2 on them: the root, copies to write to, and what e2fsck has to say afterwards.
package Disk;
use strict;
use warnings;
use Exporter 'import';
use Quire;
use Guest;

our @EXPORT = qw(root_disk disk_copy disk_faults);

# For a guest of ARCH whose root is the image FILE. HOW: more of what QEMU is to know of it. MORE: other disks.
sub root_disk {
	my ($arch, $file, $how, @more) = @_;
	$file =~ s/,/,,/g;
	return disk_words($arch, [ root => "file=$file,format=raw,$how" ], @more);
}

sub disk_copy {
	my ($from, $to) = @_;
	system('cp', '--sparse=always', $from, $to) == 0 or bad("$from cannot be copied to $to.");
}

# What e2fsck finds wrong with the image FILE, which was unmounted; nothing, when it is clean.
sub disk_faults {
	my ($file) = @_;
	local $ENV{PATH} = "$ENV{PATH}:/usr/sbin:/sbin";
	my $said = `e2fsck -fn @{[ shell_quote($file) ]} 2>&1`;
	my $status = $?;
	my $clean = `dumpe2fs -h @{[ shell_quote($file) ]} 2>/dev/null` =~ /^Filesystem state:\s+clean$/m;
	return $status ? "e2fsck -fn: $said" : $clean ? () : 'the disk does not say that it was unmounted';
}

1;
