// Authorised SSH keys of an account: Phoenix's block in the account's own file. The account may create links in its home, so no link is followed, and
// the new file belongs to the account before it gets its name.

import type { Action } from '../../../model/action.ts';
import type { HostReader } from '../../manager.ts';
import { act, digest } from '../act.ts';
import { withBlock } from '../block.ts';
import { type Account, keysFile } from './accounts.ts';

/** Null where the file does not exist yet. Fails for a symbolic link, whose destination may not belong to the account. */
export async function keysOf(host: HostReader, account: Account): Promise<string | null> {
  return (await host.readFile(keysFile(account))) ?? null;
}

/** @param lines empty: the block is removed, and the rest of the file stays */
export function keysActions(account: Account, lines: readonly string[], present: string | null): Action[] {
  const text = withBlock(present ?? '', lines);
  if (text === (present ?? '')) return [];
  const { name, uid, gid, home } = account;
  const owner = { uid, gid };
  const folder = { kind: 'folder', path: `${home}/.ssh`, ...owner, mode: 0o700 } as const;
  const write = {
    kind: 'file',
    path: keysFile(account),
    content: { from: 'text', text },
    mode: 0o600,
    owner,
    expects: present === null ? 'absent' : digest(present),
  } as const;
  return [...(present === null ? [act(`create ${folder.path}`, folder)] : []), act(`write the keys of ${name}`, write)];
}
