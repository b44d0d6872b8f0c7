// Passwords of users in the realm `pve`: stored as hashes in a file that only root can read. Passwords of the realm `pam` are the host's.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { replaceFile } from '../lock.ts';
import { type LabNode, pathOf } from '../node.ts';
import { refuse } from '../refusal.ts';

const FILE = 'etc/pve/priv/shadow.cfg';

/** @param failing prefix of the error */
export function passwordFor(node: LabNode, user: string, password: string, failing = ''): void {
  const at = user.lastIndexOf('@');
  const [name, realm] = [user.slice(0, at), user.slice(at + 1)];
  if (realm === 'pam') refuse(`${failing}change password failed: user '${name}' does not exist`);
  if (realm !== 'pve') refuse(`${failing}can't set password on auth type '${realm}'`);
  const file = pathOf(node, FILE);
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  const others = lines.filter((line) => line !== '' && !line.startsWith(`${name}:`));
  const hash = createHash('sha256').update(`${name} ${password}`).digest('hex');
  replaceFile(
    file,
    [...others, `${name}:$5$lab$${hash}:`]
      .sort()
      .map((line) => `${line}\n`)
      .join(''),
  );
}
