// Counts the commands of a Redis through MONITOR. Those that scripts run are counted separately.

import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

export interface RedisCalls {
  /** Commands from clients so far. */
  asked(): number;
  /** All commands so far, including those of scripts. */
  run(): number;
  stop(): void;
}

/** @param socket of a server without other clients */
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
