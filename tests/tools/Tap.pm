# The judge of one test program: passes its TAP on, keeps its whole output in a log, shows what belongs to a
# failure on stderr, and notes for the end of `make check` how to run each failed test again.
package Tap;
use strict;
use warnings;
use Quire;

# new(NAME, LOG, AGAIN): AGAIN->(test name, or undef for the whole program) is the command that runs it again.
sub new {
	my ($class, $name, $log, $again) = @_;
	open my $file, '>', $log or bad("cannot write $log: $!.");
	$file->autoflush;
	STDOUT->autoflush;
	return bless {
		name => $name, log => $log, file => $file, again => $again,
		last => [],      # the last lines, for what ends badly
		notes => [],     # "# ..." lines since the last result
		failed => [],    # names of failed tests
		seen => 0, skipped => 0, plan => undef, order => 1,
	}, $class;
}

# One line of the program's output. Whatever is no TAP becomes a comment.
sub line {
	my ($self, $text) = @_;
	print { $self->{file} } "$text\n" or bad("cannot write $self->{log}: $!.");
	push @{ $self->{last} }, $text;
	shift @{ $self->{last} } if @{ $self->{last} } > 200;
	if ($text =~ /^1\.\.(\d+)$/ && !defined $self->{plan}) {
		$self->{plan} = $1;
	} elsif ($text =~ /^1\.\.0 # SKIP/ && !defined $self->{plan}) {
		$self->{plan} = 0;
		$self->{none} = 1; # it says so itself
	} elsif (defined $self->{plan} && $text =~ /^(not )?ok (\d+)(?: - )?(.*)$/) {
		$self->result(!$1, $2, $3);
	} else {
		push @{ $self->{notes} }, $text if $text =~ /^#/;
		$text = "# $text" unless $text =~ /^#/;
	}
	print "$text\n";
}

sub result {
	my ($self, $ok, $number, $test) = @_;
	$self->{order} = 0 if $number != ++$self->{seen};
	$self->{skipped}++ if $ok && $test =~ m{# SKIP};
	($self->{ended} = $test) =~ s{ .*}{}; # the name; a machine in brackets may follow
	if (!$ok) {
		push @{ $self->{failed} }, $self->{ended};
		$self->show("not ok $number - $test", @{ $self->{notes} });
	}
	$self->{notes} = [];
}

# Lines that a person should see now, under the program's name.
sub show {
	my ($self, @lines) = @_;
	print STDERR "\n", map { "# $self->{name}: $_\n" } map { s/^# ?//r } @lines;
}

# The program ended, in order or with TROUBLE, a sentence. Returns the exit status for this test.
sub finish {
	my ($self, $trouble) = @_;
	$trouble //= $self->incomplete;
	if (defined $trouble) {
		my @last = @{ $self->{last} };
		my ($start) = grep { $last[$_] =~ /^Quire / } 0 .. $#last;
		splice @last, 0, $start if $start; # firmware
		my ($hang) = grep { $last[$_] =~ /^# the guest hangs/ } 0 .. $#last;
		my $from = ($hang // @last) - 30;
		$trouble .= $self->{seen} ? "; the last test to end was $self->{ended}" : '; no test had ended';
		$self->show($trouble, "its last lines (all: $self->{log}):", @last[ ($from > 0 ? $from : 0) .. $#last ]);
		print "# $trouble\n";
	}
	close $self->{file} or bad("cannot write $self->{log}: $!.");
	my @again = map { $self->{again}->($_) } @{ $self->{failed} };
	push @again, $self->{again}->(undef) if defined $trouble && !@again;
	$self->record(@again);
	return @again ? 1 : 0;
}

# For the end of `make check`: counts, and what runs each failure again.
sub record {
	my ($self, @again) = @_;
	return if !defined $ENV{QUIRE_RESULTS};
	my $passed = $self->{seen} - @{ $self->{failed} } - $self->{skipped};
	open my $f, '>>', $ENV{QUIRE_RESULTS} or bad("cannot write $ENV{QUIRE_RESULTS}: $!.");
	syswrite $f, join '', "counts $passed " . @again . " $self->{skipped}\n", map { "again $_\n" } @again;
}

# What is wrong with the plan, undef when it is complete.
sub incomplete {
	my ($self) = @_;
	return 'it printed no test plan' if !defined $self->{plan};
	return 'its plan says 0 tests' if $self->{plan} == 0 && !$self->{none};
	return "its plan says $self->{plan} tests, $self->{seen} reported" if $self->{plan} != $self->{seen};
	return 'its results are out of order' if !$self->{order};
	return undef;
}

1;
