# Dials many addresses and ports at once, in one process, and prints the number of each that answers, and whether it was
# open or refused; of the others nothing was heard.
# Arguments: for how many seconds each is waited for, how many are dialled at once, then NUMBER/ADDRESS/PORT for each.
# Ends with an error where it could not even dial. Needs nothing but perl-base, which every Debian and Ubuntu has.
use strict;
use warnings;
use Errno qw(EINPROGRESS ECONNREFUSED);
use Fcntl qw(F_SETFL O_NONBLOCK);
use Socket qw(AF_INET AF_INET6 SOCK_STREAM SOL_SOCKET SO_ERROR inet_pton pack_sockaddr_in pack_sockaddr_in6);

my ($seconds, $at_once, @doors) = @ARGV;
dial(splice @doors, 0, $at_once) while @doors;

sub dial {
  my ($waiting, %dialled) = ('');
  for my $door (@_) {
    my ($number, $address, $port) = split m{/}, $door;
    my ($family, $pack) = $address =~ /:/ ? (AF_INET6, \&pack_sockaddr_in6) : (AF_INET, \&pack_sockaddr_in);
    socket my $socket, $family, SOCK_STREAM, 0 or die "socket: $!\n";
    fcntl $socket, F_SETFL, O_NONBLOCK or die "fcntl: $!\n";
    # Who is refused at once need not be waited for; the others tell below how it went.
    connect $socket, $pack->($port, inet_pton($family, $address)) or $! == EINPROGRESS or answered($number, $!), next;
    $dialled{fileno $socket} = [$number, $socket];
    vec($waiting, fileno $socket, 1) = 1;
  }
  my $left = $seconds;
  while (%dialled && $left > 0) {
    (my $found, $left) = select undef, my $ready = $waiting, undef, $left;
    die "select: $!\n" if $found < 0;
    for my $descriptor (grep { vec $ready, $_, 1 } keys %dialled) {
      my ($number, $socket) = @{delete $dialled{$descriptor}};
      vec($waiting, $descriptor, 1) = 0;
      answered($number, unpack 'i', getsockopt $socket, SOL_SOCKET, SO_ERROR);
    }
  }
}

sub answered {
  my ($number, $error) = @_;
  print "$number open\n" if $error == 0;
  print "$number refused\n" if $error == ECONNREFUSED;
}
