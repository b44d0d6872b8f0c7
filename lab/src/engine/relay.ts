// Runs in a lab's network namespace: connects, confirms with one byte, and relays in both directions.

import { connect } from 'node:net';

const [, , host = '', port = ''] = process.argv;
const socket = connect({ host, port: Number(port) });
socket.once('connect', () => {
  process.stdout.write('+');
  process.stdin.pipe(socket);
  socket.pipe(process.stdout);
});
socket.once('error', () => process.exit(1));
socket.once('close', () => process.exit(0));
