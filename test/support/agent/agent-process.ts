// An agent in its own process, which kills itself before the nth operation on the ledger or the host. Arguments: the test's surroundings, the folder
// of its boxes, n (0: never), agent options, and the duration of a host command.

import { setTimeout as pause } from 'node:timers/promises';
import { BOXES, openBoxHost } from '../host/boxes.ts';
import { startTestAgent } from './agent.ts';

const [around = '{}', folder = '', killAt = '0', options = '{}', commandMs = '0'] = process.argv.slice(2);

let left = Number(killAt);

/** Wraps a port so that every call is counted. */
function counted<Port extends object>(port: Port): Port {
  return new Proxy(port, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        left -= 1;
        if (left === 0) process.kill(process.pid, 'SIGKILL');
        return Reflect.apply(value, target, args);
      };
    },
  });
}

const boxes = await openBoxHost(folder);
if (commandMs !== '0') boxes.before = () => pause(Number(commandMs));
const host = counted(boxes);
const agent = await startTestAgent(JSON.parse(around), () => host, BOXES, {
  ledger: counted,
  options: { leaseSeconds: 1, ...JSON.parse(options) },
});
process.on('message', async (message) => {
  // Kills between two operations: a command on the host and its log line count as one.
  if (message === 'kill') process.kill(process.pid, 'SIGKILL');
  await agent.stop(0);
  process.disconnect();
});
