// Keys that let into an account: a block of ours in its own file, read and written as the account, so that root follows no link of it.

import type { Action, Command } from '../../../model/action.ts';
import type { HostReader } from '../../manager.ts';
import { act, run } from '../act.ts';
import { withBlock } from '../block.ts';
import { type Account, keysFile } from './accounts.ts';

/** As the account itself sees it: a link to what only root may read leads nowhere. */
export async function keysOf(host: HostReader, account: Account): Promise<string | null> {
  const { exit, stdout } = await host.run(asAccount(account.name, ['cat', keysFile(account)]));
  return exit === 0 ? stdout : null;
}

function asAccount(name: string, words: readonly string[]): Command {
  return run('runuser', ['-u', name, '--', ...words]);
}

/** @param lines none: ours go, and what else is in the file stays */
export function keysActions(account: Account, lines: readonly string[], present: string | null): Action[] {
  const text = withBlock(present ?? '', lines);
  if (text === (present ?? '')) return [];
  const file = keysFile(account);
  const staged = `${file}.phoenix`;
  const by = (words: readonly string[]) => asAccount(account.name, words);
  const folder = `${account.home}/.ssh`;
  return [
    ...(present === null ? [act(`make ${folder}`, by(['install', '-d', '-m', '700', folder]))] : []),
    act(`stage the keys of ${account.name}`, { ...by(['tee', staged]), stdin: { from: 'text', text } }),
    act(`let ${account.name} alone read them`, by(['chmod', '600', staged])),
    act(`swap the keys of ${account.name}`, by(['mv', staged, file])),
  ];
}
