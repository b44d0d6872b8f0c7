// One public key as a line of authorized_keys, or of the file that a new guest gets. What a key is, the schema says.

import { fitting } from '../model/text.ts';

/** The file on the node that `qm` and `pct` read the keys of a guest from. */
export function sshKeysPath(id: number): string {
  return `/var/lib/phoenix/sshkeys/${id}.pub`;
}

/** @throws Error for anything but one line that is no comment: a line more would let somebody else in */
export function keyLine(key: string): string {
  return fitting(key.trim(), /^[^#\s]/, 'a list of public keys');
}
