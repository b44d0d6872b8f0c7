// Keys that let into an account: a block of ours in its own file. The account may put links in its home, so nothing there is followed,
// and the file is the account's before it has its name.

import type { Action } from '../../../model/action.ts';
import type { HostReader } from '../../manager.ts';
import { act, digest } from '../act.ts';
import { withBlock } from '../block.ts';
import { type Account, keysFile } from './accounts.ts';

/** Null where there are none yet. Fails for a link, which leads to what may not be the account's. */
export async function keysOf(host: HostReader, account: Account): Promise<string | null> {
  return (await host.readFile(keysFile(account))) ?? null;
}

/** @param lines none: ours go, and what else is in the file stays */
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
  return [...(present === null ? [act(`make ${folder.path}`, folder)] : []), act(`write the keys of ${name}`, write)];
}
