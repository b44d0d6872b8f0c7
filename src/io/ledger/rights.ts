// Whether the login of Redis may do what Phoenix does there: each kind of command is tried once, on keys that nothing else uses, so that a right
// that is missing is named at the start and not in the middle of a run.

import type { Connection } from './connect.ts';
import type { Keys } from './keys.ts';

const KEEP_MS = 60_000;

/** @throws what Redis answers to the first command that the login may not send; it names the command, the keys or the channel */
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
    // Nobody takes an empty message for a run.
    ['EVAL', `redis.call('INCR', KEYS[1]) redis.call('PUBLISH', ARGV[1], '') return 1`, 1, of('text'), events],
    ['DEL', of('text'), of('hash'), of('sorted'), of('set'), of('list'), of('stream')],
  ];
  for (const [command, ...args] of commands) await redis.call(command, ...args);
}
