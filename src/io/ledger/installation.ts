// The installation that the ledger belongs to, the version of Phoenix that has used it, and which roles some process serves.

import type { Installation } from '../../model/installation.ts';
import type { Ledger } from '../../ports/ledger.ts';
import type { Connection } from './connect.ts';
import type { Keys } from './keys.ts';
import { decode, encode } from './record.ts';
import { script } from './script.ts';

// Keys: the record. Arguments: record that was read, new record.
const setScript = script(`
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
`);

// Keys: one for each kind of work. Arguments: milliseconds. Answers 1 where a process serves it. A key with a longer lifetime was written before the
// clock was set back, so it is removed; its process writes it again soon.
const servedScript = script(`
local served = {}
for index, key in ipairs(KEYS) do
  local left = redis.call('PTTL', key)
  if left > tonumber(ARGV[1]) then redis.call('PEXPIRE', key, ARGV[1]) end
  served[index] = left == -2 and 0 or 1
end
return served
`);

type Installations = Pick<
  Ledger,
  'installation' | 'setInstallation' | 'usedBy' | 'setUsedBy' | 'noteServed' | 'served'
>;

export function installations(redis: Connection, keys: Keys): Installations {
  return {
    async installation() {
      const read = await redis.get(keys.installation);
      return read === null ? null : decode<Installation>('what it belongs to', read);
    },
    async setInstallation(known, next) {
      const before = known === null ? '' : encode(known);
      return (await setScript(redis, [keys.installation], [before, encode(next)])) === 1;
    },
    usedBy: () => redis.get(keys.usedBy),
    async setUsedBy(known, version) {
      return (await setScript(redis, [keys.usedBy], [known ?? '', version])) === 1;
    },
    async noteServed(works, ttlMs) {
      for (const work of works) await redis.set(keys.served(work), '1', 'PX', ttlMs);
    },
    async served(works, ttlMs) {
      const answers = (await servedScript(redis, works.map(keys.served), [ttlMs])) as number[];
      return works.filter((_, index) => answers[index] === 1);
    },
  };
}
