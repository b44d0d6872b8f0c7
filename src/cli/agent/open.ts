// `phoenix open`: the address of a page, and the page itself where there is a browser to show it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { isTargetName } from '../../model/target-name.ts';
import { EXIT, type Io } from '../io.ts';
import { agentUrl } from './client.ts';

export interface OpenArgs {
  /** A run, `12`, a target, `lxc/101`, or a step, `12 lxc/101`; none: the front page. */
  readonly what: readonly string[];
}

/** What opens an address in the person's own browser; by the freedesktop.org standard, and macOS. */
const OPENERS: Readonly<Record<string, string>> = { linux: 'xdg-open', darwin: 'open' };

/** Prints the address. Opens it on a terminal alone: a script that asks for it wants the address. */
export async function openPage({ what }: OpenArgs, io: Io): Promise<number> {
  const path = pathOf(what);
  if (path === null) {
    io.stderr('phoenix open: name a run, such as 12, a target, such as lxc/101, or both\n');
    return EXIT.usage;
  }
  const address = `${agentUrl(io)}${path}`;
  io.verbatim(`${address}\n`);
  const opener = OPENERS[process.platform];
  const isSeen = process.platform !== 'linux' || Boolean(io.env['DISPLAY'] || io.env['WAYLAND_DISPLAY']);
  if (io.terminal?.stdout !== true || opener === undefined || !isSeen) return EXIT.done;
  if (!(await opened(opener, address, io.env)))
    io.stderr(`it could not be opened by ${opener}; open the address above\n`);
  return EXIT.done;
}

/** Of what names no other page than one of these. */
function pathOf(what: readonly string[]): string | null {
  const [one, two] = what;
  const pageOf = (word: string) => word.split('/').map(encodeURIComponent).join('/');
  if (one === undefined) return '/';
  if (two === undefined && isTargetName(one)) return `/targets/${pageOf(one)}`;
  if (!/^\d{1,15}$/.test(one)) return null;
  if (two === undefined) return `/runs/${one}`;
  return what.length === 2 && isTargetName(two) ? `/runs/${one}/${pageOf(two)}` : null;
}

/** The browser goes on by itself. Arguments as they are: no shell reads the address. */
async function opened(program: string, address: string, env: Io['env']): Promise<boolean> {
  const child = spawn(program, [address], { stdio: 'ignore', detached: true, env: { ...env } });
  child.unref();
  try {
    await once(child, 'spawn');
    return true;
  } catch {
    return false;
  }
}
