// Checks that the login of Redis has the rights that Phoenix needs: each kind of command is tried once, on separate keys, so that a missing right is
// reported at the start and not in the middle of a run.

import type { Connection } from './connect.ts';
import type { Keys } from './keys.ts';

const KEEP_MS = 60_000;

/** @throws Redis's error for the first command that the login may not use; it names the command, the keys or the channel */
export async function checkRights(redis: Connection, { probe, events }: Keys): Promise<void> {
  const of = (kind: string) => `${probe}:${kind}`;
  const commands: ReadonlyArray<readonly [command: string, ...args: (string | number)[]]> = [
    ['SET', of('text'), '1', 'PX', KEEP_MS],
    ['GET', of('text')],
    ['HSET', of('hash'), 'field', '1'],
    ['HGETALL', of('hash')],
    ['ZADD', of('sorted'), 1, 'member'],
    ['ZRANGEBYSCORE', of('sorted'), '-inf', '+inf'],
    ['BZPOPMIN', of('sorted'), 0.01],
    ['SADD', of('set'), 'member'],
    ['RPUSH', of('list'), '1'],
    ['XADD', of('stream'), '*', 'field', '1'],
    // Subscribers ignore an empty message.
    ['EVAL', `redis.call('INCR', KEYS[1]) redis.call('PUBLISH', ARGV[1], '') return 1`, 1, of('text'), events],
    ['DEL', of('text'), of('hash'), of('sorted'), of('set'), of('list'), of('stream')],
  ];
  for (const [command, ...args] of commands) await redis.call(command, ...args);
}
