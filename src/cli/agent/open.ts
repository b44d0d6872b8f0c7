// `phoenix open`: prints the address of a page and opens it in a browser if possible.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { isTargetName } from '../../model/target-name.ts';
import { EXIT, type Io } from '../io.ts';
import { agentUrl } from './client.ts';

export interface OpenArgs {
  /** A run `12`, a target `lxc/101`, or a step `12 lxc/101`; empty: the front page. */
  readonly what: readonly string[];
}

/** Programs that open an address in the default browser, by the freedesktop.org standard, and on macOS. */
const OPENERS: Readonly<Record<string, string>> = { linux: 'xdg-open', darwin: 'open' };

/** Prints the address. Only opens it on a terminal: scripts only want the address. */
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

/** Path of the page; null for invalid arguments. */
function pathOf(what: readonly string[]): string | null {
  const [one, two] = what;
  const pageOf = (word: string) => word.split('/').map(encodeURIComponent).join('/');
  if (one === undefined) return '/';
  if (two === undefined && isTargetName(one)) return `/targets/${pageOf(one)}`;
  if (!/^\d{1,15}$/.test(one)) return null;
  if (two === undefined) return `/runs/${one}`;
  return what.length === 2 && isTargetName(two) ? `/runs/${one}/${pageOf(two)}` : null;
}

/** Starts the browser detached and without a shell. */
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
