// The administrator's account on the host and in Proxmox: created once and never removed, with the declared keys, sudo rights and password. What
// other people added to the account stays.

import type { Action } from '../../../model/action.ts';
import { publishedText } from '../../guest/published.ts';
import type { Decision, HostReader, Wanted } from '../../manager.ts';
import { keyLine } from '../../public-key.ts';
import { act, actions, install, MARK, remove, run, textOf } from '../act.ts';
import { idleOnly, type Section } from '../section.ts';
import { COMMENT, isOfSystem, keysFile, readAccounts } from './accounts.ts';
import { keysActions, keysOf } from './keys.ts';
import { NOTE_FILE, passwordActions } from './password.ts';
import { proxmoxActions, readUsers, USERS_FILE } from './proxmox.ts';
import { MAIN_FILE, STAGED_FILE, SUDO_FILE, sudoActions, sudoText } from './sudo.ts';
import { usersComparison } from './users-comparison.ts';
import type { SeenUsers, UserSpec } from './users-spec.ts';

export const users: Section<UserSpec, SeenUsers, SeenUsers> = {
  name: 'users',
  declared({ hypervisor: { user } }) {
    if (user === null) return null;
    const { username, passwordHash: hash, sudo, sshPublicKey } = user;
    const reference = hash !== null && '$secret' in hash ? hash : null;
    const hasPassword = hash !== null;
    const sshKey = sshPublicKey?.trim() ?? null;
    const spec: UserSpec = { username, passwordHash: reference, hasPassword, sudo, sshKey };
    return { spec, needs: [] };
  },
  impact: () => 'live',
  /** Reads files only. */
  async inventory(host) {
    const facts = await observeFiles(host);
    const keys = await Promise.all(
      facts.accounts
        .filter(({ ours }) => ours)
        .map(async (account) => [account.name, await publishedText(host, keysFile(account))] as const),
    );
    return { ...facts, keys: new Map(keys) };
  },
  quickCheck: idleOnly<UserSpec, SeenUsers, SeenUsers>((facts) => facts, decide),
  async observe(host, { spec }) {
    const declared = spec;
    const facts = await observeFiles(host);
    const concerned = facts.accounts.filter(({ ours, name }) => ours || name === declared?.username);
    const keys = await Promise.all(
      concerned
        .filter((account) => !isOfSystem(account))
        .map(async (account) => [account.name, await keysOf(host, account)] as const),
    );
    return { ...facts, keys: new Map(keys) };
  },
  decide,
  compares: usersComparison,
  isThere: ({ spec }, { accounts }) => accounts.some(({ name }) => name === spec?.username),
  health: () => null,
};

async function observeFiles(host: HostReader): Promise<Omit<SeenUsers, 'keys'>> {
  const [passwd, proxmox, main, sudoers, staged, note] = await Promise.all(
    ['/etc/passwd', USERS_FILE, MAIN_FILE, SUDO_FILE, STAGED_FILE, NOTE_FILE].map((path) => textOf(host, path)),
  );
  return {
    accounts: readAccounts(passwd ?? ''),
    proxmox: proxmox ?? '',
    sudoInstalled: main !== null,
    sudoers: sudoers ?? null,
    staged: staged ?? null,
    note: note ?? null,
  };
}

function decide({ spec, adopt = false }: Wanted<UserSpec>, seen: SeenUsers): Decision {
  const known = readUsers(seen.proxmox);
  if (spec === undefined) {
    return actions(keysGone(seen, null), sudoActions(null, seen.sudoers, seen.staged), proxmoxActions(null, known));
  }
  const declared = spec;
  const { username, hasPassword, sudo, sshKey } = declared;
  const account = seen.accounts.find(({ name }) => name === username);
  if (account !== undefined && isOfSystem(account)) {
    return { kind: 'blocked', reason: `${username} is an account of the system: declare another name` };
  }
  const isForeign = account !== undefined && !account.ours;
  if (isForeign && !adopt) {
    const reason = `the account ${username} is not ours: take it over with phoenix adopt hypervisor/users, or declare another name`;
    return { kind: 'blocked', reason };
  }
  const wanted = sudo ? sudoText(username, hasPassword) : null;
  if (seen.sudoers !== null && !seen.sudoers.startsWith(MARK) && wanted !== null && !adopt) {
    const reason = `${SUDO_FILE} is not ours: move it away, or take it over with phoenix adopt hypervisor/users`;
    return { kind: 'blocked', reason };
  }
  return actions(
    account === undefined
      ? [...(seen.note === null ? [] : [remove('remove the record of an older password', NOTE_FILE)]), make(username)]
      : null,
    isForeign
      ? act(`record that ${username} belongs to Phoenix`, run('usermod', ['--comment', COMMENT, username]))
      : null,
    passwordActions(declared, account === undefined ? { ...seen, note: null } : seen),
    account === undefined
      ? null
      : keysActions(account, sshKey === null ? [] : [keyLine(sshKey)], seen.keys.get(account.name) ?? null),
    keysGone(seen, username),
    sudo && !seen.sudoInstalled ? install('sudo') : null,
    sudoActions(wanted, seen.sudoers, seen.staged),
    proxmoxActions(username, known),
  );
}

/** Its keys follow in the next round, when its home is known. */
function make(username: string): Action {
  const args = ['--create-home', '--user-group', '--shell', '/bin/bash', '--comment', COMMENT, username];
  return act(`create the account ${username}`, run('useradd', args));
}

/** Removes the keys from all of Phoenix's accounts but one. */
function keysGone(seen: SeenUsers, but: string | null): Action[] {
  return seen.accounts
    .filter((account) => account.ours && account.name !== but && !isOfSystem(account))
    .flatMap((account) => keysActions(account, [], seen.keys.get(account.name) ?? null));
}
