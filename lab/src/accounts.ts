// Users and groups from the lab's /etc/passwd and /etc/group, and file ownership, which is recorded in a list, since a lab may run without root.

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { replaceFile } from './proxmox/lock.ts';

interface Ids {
  readonly uid: number;
  readonly gid: number;
}

export interface Accounts {
  user(name: string): Ids | undefined;
  /** Resolves `user`, `user:group`, `:group` or numbers; else what is invalid: `user` or `group`. */
  idsOf(owner: string): Ids | 'user' | 'group';
  userName(uid: number): string;
  groupName(gid: number): string;
  /** The line of a database by key, like `getent`. */
  line(database: string, key: string): string | undefined;
  /** All lines of a database: `passwd`, `group` or `shadow`. */
  lines(database: string): readonly string[];
  ownerOf(path: string): Ids;
  setOwner(path: string, ids: Ids): void;
  moveOwner(from: string, to: string): void;
}

/** Default accounts of Debian. */
const PASSWD =
  'root:x:0:0:root:/root:/bin/bash\nwww-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n';
const GROUP = 'root:x:0:\nsudo:x:27:\nwww-data:x:33:\nusers:x:100:\nnogroup:x:65534:\n';

/** @param at where a path of the machine lies @param ownersFile where the owners are noted */
export function openAccounts(at: (path: string) => string, ownersFile: string): Accounts {
  const read = (path: string, otherwise: string): string[] => {
    const text = existsSync(at(path)) ? readFileSync(at(path), 'utf8') : otherwise;
    return text.split('\n').filter((line) => line !== '');
  };
  const databases: Record<string, () => string[]> = {
    passwd: () => read('/etc/passwd', PASSWD),
    group: () => read('/etc/group', GROUP),
    shadow: () => read('/etc/shadow', ''),
  };
  const owners = (): Record<string, Ids> =>
    existsSync(ownersFile) ? JSON.parse(readFileSync(ownersFile, 'utf8')) : {};
  const note = (change: Record<string, Ids | undefined>): void => {
    mkdirSync(dirname(ownersFile), { recursive: true });
    replaceFile(ownersFile, JSON.stringify({ ...owners(), ...change }));
  };
  const find = (database: string, name: string): number | undefined => {
    if (/^\d+$/.test(name)) return Number(name);
    const line = databases[database]?.().find((each) => each.startsWith(`${name}:`));
    return line === undefined ? undefined : Number(line.split(':')[2]);
  };
  const nameOf = (database: string, id: number): string =>
    databases[database]?.()
      .find((line) => Number(line.split(':')[2]) === id)
      ?.split(':')[0] ?? 'UNKNOWN';

  return {
    user(name) {
      const fields = databases['passwd']?.()
        .find((line) => line.startsWith(`${name}:`))
        ?.split(':');
      return fields === undefined ? undefined : { uid: Number(fields[2]), gid: Number(fields[3]) };
    },
    idsOf(owner) {
      const [user = '', group = ''] = owner.split(':');
      const uid = user === '' ? 0 : find('passwd', user);
      const gid = group === '' ? 0 : find('group', group);
      if (uid === undefined) return 'user';
      return gid === undefined ? 'group' : { uid, gid };
    },
    userName: (uid) => nameOf('passwd', uid),
    groupName: (gid) => nameOf('group', gid),
    line: (database, key) => {
      const column = /^\d+$/.test(key) ? 2 : 0;
      return databases[database]?.().find((line) => line.split(':')[column] === key);
    },
    lines: (database) => databases[database]?.() ?? [],
    ownerOf: (path) => owners()[path] ?? { uid: 0, gid: 0 },
    setOwner: (path, ids) => note({ [path]: ids }),
    moveOwner(from, to) {
      const ids = owners()[from];
      if (ids !== undefined) note({ [from]: undefined, [to]: ids });
    },
  };
}
