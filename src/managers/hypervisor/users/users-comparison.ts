// How the administrator's account is compared: its keys and rights on the host, and its role in Proxmox.

import { type Comparison, difference, type FoundDifference, textDifference, valueField } from '../../comparison.ts';
import { keyLine } from '../../public-key.ts';
import { MARK } from '../act.ts';
import { blockIn } from '../block.ts';
import { isOfSystem } from './accounts.ts';
import { passwordNote } from './password.ts';
import { ROLE, readUsers } from './proxmox.ts';
import { SUDO_FILE, sudoText } from './sudo.ts';
import type { SeenUsers, UserSpec } from './users-spec.ts';

export const usersComparison: Comparison<UserSpec, SeenUsers> = {
  fields: [
    valueField('users.username', ['username'], {
      declared: ({ username }) => username,
      observed: (seen, { username }) => (accountOf(seen, username) === undefined ? null : username),
    }),
    valueField('users.password_hash', ['passwordHash'], {
      declared: ({ passwordHash }) => passwordHash,
      // The hash that was set last is known by a keyed digest.
      observed: ({ note }, { username, passwordHash }) =>
        passwordHash === null || note === passwordNote(username, passwordHash)
          ? passwordHash
          : note === null
            ? null
            : 'another one',
      asSeen: (spec) => ({ ...spec, passwordHash: null }),
    }),
    valueField('users.sudo_access', ['sudo'], {
      declared: ({ sudo }) => sudo,
      observed: ({ sudoers }) => hasSudo(sudoers),
      asSeen: (spec, { sudoers }) => ({ ...spec, sudo: hasSudo(sudoers) }),
    }),
    valueField('users.ssh_public_key', ['sshKey'], {
      declared: ({ sshKey }) => (sshKey === null ? null : keyLine(sshKey)),
      observed: (seen, { username }) => keysIn(seen, username),
      asSeen: (spec, seen) => {
        const key = keysIn(seen, spec.username);
        return key === undefined || key?.includes('\n') ? spec : { ...spec, sshKey: key };
      },
    }),
  ],
  rest: ({ spec }, seen) => [
    ...(spec.sudo && !seen.sudoInstalled ? [difference(['package sudo'], 'installed', 'not installed')] : []),
    ...(spec.sudo ? textDifference(SUDO_FILE, sudoText(spec.username, spec.hasPassword), seen.sudoers) : []),
    ...keysOfOthers(spec, seen),
    ...roleDifference(spec, seen),
  ],
};

function accountOf({ accounts }: SeenUsers, username: string) {
  return accounts.find(({ name }) => name === username);
}

/** A file of somebody else counts only where Phoenix wants to have one there. */
function hasSudo(sudoers: string | null): boolean {
  return sudoers?.startsWith(MARK) === true;
}

/** The keys that Phoenix wrote for an account; null: none. Undefined: there is no such account, or its keys were not read. */
function keysIn(seen: SeenUsers, username: string): string | null | undefined {
  const account = accountOf(seen, username);
  if (account === undefined || !seen.keys.has(account.name)) return undefined;
  const block = blockIn(seen.keys.get(account.name) ?? '') ?? [];
  return block.length === 0 ? null : block.join('\n');
}

/** Keys that Phoenix wrote for accounts that are no longer declared. */
function keysOfOthers({ username }: UserSpec, seen: SeenUsers): FoundDifference[] {
  return seen.accounts
    .filter((account) => account.ours && account.name !== username && !isOfSystem(account))
    .flatMap(({ name }) => {
      const keys = keysIn(seen, name);
      return keys == null ? [] : [difference([`keys of ${name}`], null, keys)];
    });
}

function roleDifference({ username }: UserSpec, { proxmox }: SeenUsers): FoundDifference[] {
  const known = readUsers(proxmox);
  const user = known.find(({ name }) => name === username);
  const own =
    user?.administrates === true ? [] : [difference([`${username}@pam`], ROLE, user === undefined ? null : 'no')];
  const others = known.filter(({ name, ours, administrates }) => ours && administrates && name !== username);
  return [...own, ...others.map(({ name }) => difference([`${name}@pam`], null, ROLE))];
}
