#!/usr/bin/perl
# Lines to hosts on which every packet takes its time, and some get lost, as `tc netem` would have it, which not every
# kernel has. slow-line.pl ONE-WAY-SECONDS LOSS SEED PID…: one line to the network of each of these processes, from
# 198.18.N.1 here to 198.18.N.2 there (N counts from 0). Says `up` when they are there. They go with this process, which
# says at SIGTERM how many packets were sent and lost.
use strict;
use warnings;
use Fcntl qw(O_RDWR);
use Time::HiRes qw(time);

use constant {
  TUNSETIFF => 0x400454ca,  # linux/if_tun.h
  TUN_WITHOUT_HEADER => 0x0001 | 0x1000,  # IFF_TUN | IFF_NO_PI
  LONGEST_PACKET => 65536,
};

my ($one_way, $loss, $seed, @processes) = @ARGV;
srand $seed;
my (%end_by_number, %other);
my ($sent, $lost) = (0, 0);
for my $number (0 .. $#processes) {
  my $network = "198.18.$number";
  my $here = end("slow$number");
  my $there = end("far$number");
  @other{fileno $here, fileno $there} = ($there, $here);
  run("ip link set far$number netns $processes[$number]");
  run("ip address add $network.1/30 dev slow$number; ip link set slow$number up");
  run("nsenter -t $processes[$number] -n sh -ec 'ip address add $network.2/30 dev far$number; ip link set far$number up'");
}
$SIG{TERM} = sub { print "$sent $lost\n"; exit };
$| = 1;
print "up\n";

my @under_way;    # [when it arrives, where, the packet], in the order in which they were sent
for (;;) {
  my $readable = '';
  vec($readable, $_, 1) = 1 for keys %end_by_number;
  my $until_next = @under_way ? $under_way[0][0] - time : undef;
  select $readable, undef, undef, defined $until_next && $until_next < 0 ? 0 : $until_next;
  while (@under_way && $under_way[0][0] <= time) {
    my (undef, $to, $packet) = @{ shift @under_way };
    syswrite $to, $packet;
  }
  for my $number (grep { vec $readable, $_, 1 } keys %end_by_number) {
    sysread $end_by_number{$number}, my $packet, LONGEST_PACKET or next;
    $sent++;
    if (rand() < $loss) { $lost++ }
    else { push @under_way, [time + $one_way, $other{$number}, $packet] }
  }
}

# One end of a line: whatever is sent to the device of that name is read here, and the other way round.
sub end {
  my ($name) = @_;
  sysopen my $end, '/dev/net/tun', O_RDWR or die "/dev/net/tun: $!\n";
  ioctl $end, TUNSETIFF, pack 'Z16 s x22', $name, TUN_WITHOUT_HEADER or die "device $name: $!\n";
  $end_by_number{fileno $end} = $end;
  return $end;
}

sub run {
  my ($script) = @_;
  system('sh', '-ec', $script) == 0 or die "failed: $script\n";
}
