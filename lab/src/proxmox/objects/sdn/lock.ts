// The lock of the software-defined network that whoever changes several of its objects takes by the API: a token in a file, which every change must give.

import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { replaceFile } from '../../lock.ts';
import { type LabNode, pathOf } from '../../node.ts';
import { refuse } from '../../refusal.ts';
import { SDN_LOCK, withSdnLock } from './files.ts';
import { hasPendingSdn } from './reads.ts';

/** Locks it, unless it is locked or changes are pending; returns the token (pve-network, PVE/API2/Network/SDN.pm). */
export function lockSdn(node: LabNode, allowsPending: boolean): string {
  const failing = 'could not acquire lock for SDN config';
  return withSdnLock(node, { failing, token: undefined }, () => {
    if (!allowsPending && hasPendingSdn(node))
      refuse(`${failing}: configuration has pending changes at /usr/share/perl5/PVE/API2/Network/SDN.pm line 150.`);
    const token = randomUUID();
    mkdirSync(dirname(pathOf(node, SDN_LOCK)), { recursive: true });
    replaceFile(pathOf(node, SDN_LOCK), token);
    return token;
  }).data;
}

/** Releases the lock; by force without its token. */
export function unlockSdn(node: LabNode, isForced: boolean, token: string | undefined): void {
  const release = (): void => rmSync(pathOf(node, SDN_LOCK), { force: true });
  if (isForced) release();
  else withSdnLock(node, { failing: 'could not release lock', token }, release);
}
