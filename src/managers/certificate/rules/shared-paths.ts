// Checks that folders with keys are mounted in one guest only: any other guest that can read a key can impersonate its owner.

import type { Diagnostic } from '../../../config/diagnostic.ts';
import { placeIn } from '../../../config/read/place.ts';
import type { Config } from '../../config.ts';
import { nameOfGuest, targetOf } from '../../guest/guests.ts';
import type { LxcGuest } from '../../lxc/declared.ts';
import type { RuleContext } from '../../rule.ts';

interface Mount {
  readonly guest: LxcGuest;
  readonly index: number;
  readonly path: string;
}

/** SHARED_SECRET_PATH: a folder with keys, or a parent of one, is mounted in a second guest. */
export function secretFoldersHaveOneOwner({ config, unreadable }: RuleContext): Diagnostic[] {
  // A guest that could not be read may be the owner.
  if (unreadable.someGuest) return [];
  const mounts = config.lxc.flatMap((guest) =>
    guest.mountPoints.map((mount, index): Mount => ({ guest, index, path: mount.hostPath.replace(/\/+$/, '') })),
  );
  const byPath = Map.groupBy(mounts, ({ path }) => path);
  const keyFolders = foldersWithKeys(config);
  const found = new Map<Mount, Diagnostic>();
  for (const [path, here] of byPath) {
    if (!keyFolders.has(path) && !here.some(({ guest }) => isKeyFolder(path, guest))) continue;
    const seeing = ancestors(path).flatMap((folder) => byPath.get(folder) ?? []);
    const owner = ownerOf(path, seeing);
    for (const mount of seeing) {
      if (mount.guest !== owner && owner !== undefined && !found.has(mount))
        found.set(mount, shared(path, mount, owner));
    }
  }
  return [...found.values()];
}

function shared(path: string, { guest, index }: Mount, owner: LxcGuest): Diagnostic {
  return {
    code: 'SHARED_SECRET_PATH',
    at: placeIn(guest.writtenAt, 'mount_points', index, 'host_path'),
    message: `${path} holds keys of ${nameOfGuest(owner)} and is mounted in ${targetOf(guest)} too`,
    hint: 'Publish what others need, such as the root certificate, in a folder of its own.',
    target: targetOf(guest),
  };
}

/** A folder and all its parents: `/a/b`, `/a`. */
function ancestors(path: string): string[] {
  const parts = path.split('/').slice(1);
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`);
}

/** The folder of each certificate's key and all its parents. */
function foldersWithKeys(config: Config): Set<string> {
  return new Set(config.certificates.flatMap(({ keyPath }) => ancestors(keyPath).slice(0, -1)));
}

/** Folders that a certificate authority mounts, and folders named for keys. */
function isKeyFolder(path: string, guest: LxcGuest): boolean {
  return guest.role === 'ca' || /(^|\/)(ssl|private|secrets?|keys?)$/.test(path);
}

/** The authority if it mounts the folder, else the guest whose id is in the path, else the first one. */
function ownerOf(path: string, mounts: readonly Mount[]): LxcGuest | undefined {
  const guests = mounts.map(({ guest }) => guest).sort((a, b) => a.id - b.id);
  const parts = new Set(path.split('/'));
  return guests.find((guest) => guest.role === 'ca') ?? guests.find(({ id }) => parts.has(String(id))) ?? guests[0];
}
