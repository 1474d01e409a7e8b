// A line that takes time: forwards each port of this machine to a host's, every byte late by half of the round trip.
// It stands in for `tc netem`, which not every kernel has. `node delay.ts MILLISECONDS PORT=ADDRESS…`
import { connect, createServer, type Socket } from 'node:net';

const [roundTrip = '0', ...routes] = process.argv.slice(2);
const half = Number(roundTrip) / 2;

/** Carries one direction. Timers of one length fire in the order in which they were set, so bytes stay in order. */
function carry(from: Socket, to: Socket): void {
  from.on('data', (bytes) => setTimeout(() => to.write(bytes), half));
  from.on('end', () => setTimeout(() => to.end(), half));
  from.on('error', () => to.destroy());
  from.setNoDelay(true);
}

for (const route of routes) {
  const [port, address = ''] = route.split('=');
  createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
    // The TCP handshake takes a round trip too.
    setTimeout(() => {
      const host = connect({ host: address, port: 22, allowHalfOpen: true });
      carry(client, host);
      carry(host, client);
      client.resume();
    }, half * 2);
  }).listen(Number(port), '127.0.0.1');
}
