// How often a Redis is asked: what it tells whoever monitors it, one line for each command. Those that scripts run by themselves are
// counted apart.

import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

export interface RedisCalls {
  /** Asked by a client, so far. */
  asked(): number;
  /** Run in all, those of scripts included. */
  run(): number;
  stop(): void;
}

/** @param socket of a server that nobody else uses */
export async function countCalls(socket: string): Promise<RedisCalls> {
  const connection = connect(socket);
  await once(connection, 'connect');
  connection.write('MONITOR\r\n');
  let [asked, run] = [0, 0];
  const lines = createInterface({ input: connection });
  const ready = once(lines, 'line');
  lines.on('line', (line) => {
    if (!/^\+\d+\.\d+ \[/.test(line)) return;
    run += 1;
    if (!line.includes(' lua] ')) asked += 1;
  });
  await ready;
  return { asked: () => asked, run: () => run, stop: () => connection.destroy() };
}
